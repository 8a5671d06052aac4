-- 「職員のメモ」 What staff write for each other on a case, sealed with the case's key. It is written once and never changed; it goes
-- with the case's content. `drafted_by`: who had begun it, when another person held the case in the end.
CREATE TABLE note (
    note_id BLOB NOT NULL PRIMARY KEY CHECK (length(note_id) = 16),
    case_id BLOB NOT NULL REFERENCES case_file (case_id),
    staff_id BLOB NOT NULL REFERENCES staff (staff_id),
    drafted_by BLOB REFERENCES staff (staff_id),
    text_sealed BLOB NOT NULL,
    press_mac BLOB NOT NULL,
    written_at INTEGER NOT NULL,
    UNIQUE (case_id, press_mac)
) STRICT;
CREATE INDEX note_by_case ON note (case_id, written_at, note_id);
CREATE TRIGGER note_stays_as_it_is BEFORE UPDATE ON note
BEGIN SELECT RAISE(ABORT, 'note is append-only'); END;

-- What somebody has typed and not written yet; with another person's name where it came along with the case.
CREATE TABLE note_draft (
    case_id BLOB NOT NULL REFERENCES case_file (case_id),
    staff_id BLOB NOT NULL REFERENCES staff (staff_id),
    written_by BLOB NOT NULL REFERENCES staff (staff_id),
    text_sealed BLOB NOT NULL,
    saved_at INTEGER NOT NULL,
    PRIMARY KEY (case_id, staff_id, written_by)
) STRICT;

-- 「在席」 Pages of staff that stand open on a case, each with the server that it hangs on.
CREATE TABLE presence (
    presence_id BLOB NOT NULL PRIMARY KEY CHECK (length(presence_id) = 16),
    server_id BLOB NOT NULL,
    staff_id BLOB NOT NULL REFERENCES staff (staff_id),
    case_id BLOB NOT NULL REFERENCES case_file (case_id),
    seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX presence_by_server ON presence (server_id);
CREATE INDEX presence_by_time ON presence (seen_at);

-- When somebody of the staff was last heard of.
CREATE TABLE staff_life (
    staff_id BLOB NOT NULL PRIMARY KEY REFERENCES staff (staff_id),
    seen_at INTEGER NOT NULL
) STRICT;

-- Which cases changed a moment ago, for those who are looking; swept after some minutes.
CREATE TABLE case_news (
    case_id BLOB NOT NULL PRIMARY KEY REFERENCES case_file (case_id),
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX case_news_by_time ON case_news (at);

-- 「引継ぎのお願い」 Somebody asks the holder of a case for it.
CREATE TABLE take_over (
    case_id BLOB NOT NULL PRIMARY KEY REFERENCES case_file (case_id),
    asked_by BLOB NOT NULL REFERENCES staff (staff_id),
    holder BLOB NOT NULL REFERENCES staff (staff_id),
    asked_at INTEGER NOT NULL,
    kept_at INTEGER,
    CHECK (asked_by <> holder)
) STRICT;
CREATE INDEX take_over_by_time ON take_over (asked_at) WHERE kept_at IS NULL;

-- The view of the queue that a session came from, with its cases in order, and what it did last.
CREATE TABLE staff_view (
    session_hash BLOB NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    cases BLOB NOT NULL,
    done_case_id BLOB REFERENCES case_file (case_id),
    done_command TEXT,
    seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX staff_view_by_time ON staff_view (seen_at);
