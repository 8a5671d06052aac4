-- 「職員のメモ」 What staff write for each other on a case, sealed with the case's key. It is written once and never changed; it goes
-- with the case's content. `drafted_by`: who had begun it, when another person held the case in the end.
CREATE TABLE note (
    note_id BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(note_id) = 16),
    case_id BYTEA NOT NULL REFERENCES case_file (case_id),
    staff_id BYTEA NOT NULL REFERENCES staff (staff_id),
    drafted_by BYTEA REFERENCES staff (staff_id),
    text_sealed BYTEA NOT NULL,
    press_mac BYTEA NOT NULL,
    written_at BIGINT NOT NULL,
    UNIQUE (case_id, press_mac)
);
CREATE INDEX note_by_case ON note (case_id, written_at, note_id);
CREATE TRIGGER note_stays_as_it_is BEFORE UPDATE ON note FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What somebody has typed and not written yet; with another person's name where it came along with the case.
CREATE TABLE note_draft (
    case_id BYTEA NOT NULL REFERENCES case_file (case_id),
    staff_id BYTEA NOT NULL REFERENCES staff (staff_id),
    written_by BYTEA NOT NULL REFERENCES staff (staff_id),
    text_sealed BYTEA NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (case_id, staff_id, written_by)
);

-- 「在席」 Pages of staff that stand open on a case, each with the server that it hangs on.
CREATE TABLE presence (
    presence_id BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(presence_id) = 16),
    server_id BYTEA NOT NULL,
    staff_id BYTEA NOT NULL REFERENCES staff (staff_id),
    case_id BYTEA NOT NULL REFERENCES case_file (case_id),
    seen_at BIGINT NOT NULL
);
CREATE INDEX presence_by_server ON presence (server_id);
CREATE INDEX presence_by_time ON presence (seen_at);

-- When somebody of the staff was last heard of.
CREATE TABLE staff_life (
    staff_id BYTEA NOT NULL PRIMARY KEY REFERENCES staff (staff_id),
    seen_at BIGINT NOT NULL
);

-- Which cases changed a moment ago, for those who are looking; swept after some minutes.
CREATE TABLE case_news (
    case_id BYTEA NOT NULL PRIMARY KEY REFERENCES case_file (case_id),
    at BIGINT NOT NULL
);
CREATE INDEX case_news_by_time ON case_news (at);

-- 「引継ぎのお願い」 Somebody asks the holder of a case for it.
CREATE TABLE take_over (
    case_id BYTEA NOT NULL PRIMARY KEY REFERENCES case_file (case_id),
    asked_by BYTEA NOT NULL REFERENCES staff (staff_id),
    holder BYTEA NOT NULL REFERENCES staff (staff_id),
    asked_at BIGINT NOT NULL,
    kept_at BIGINT,
    CHECK (asked_by <> holder)
);
CREATE INDEX take_over_by_time ON take_over (asked_at) WHERE kept_at IS NULL;

-- The view of the queue that a session came from, with its cases in order, and what it did last.
CREATE TABLE staff_view (
    session_hash BYTEA NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    cases BYTEA NOT NULL,
    done_case_id BYTEA REFERENCES case_file (case_id),
    done_command TEXT,
    seen_at BIGINT NOT NULL
);
CREATE INDEX staff_view_by_time ON staff_view (seen_at);
