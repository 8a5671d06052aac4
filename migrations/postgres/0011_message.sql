-- 「市との連絡」 Messages between a parent and the office on a case, sealed with the case's key. `press_mac` is one press of the
-- button: a second one finds the first.
CREATE TABLE message (
    message_id BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(message_id) = 16),
    case_id BYTEA NOT NULL REFERENCES case_file (case_id),
    sender_kind TEXT NOT NULL CHECK (sender_kind IN ('citizen', 'staff')),
    sender_id BYTEA NOT NULL,
    text_sealed BYTEA NOT NULL,
    press_mac BYTEA NOT NULL,
    sent_at BIGINT NOT NULL,
    read_at BIGINT,
    UNIQUE (case_id, press_mac)
);
CREATE INDEX message_by_case ON message (case_id, sent_at, message_id);

-- Since when the office has not read what the parent wrote, and how many such cases there are: kept, not counted.
ALTER TABLE case_file ADD COLUMN unread_since BIGINT;
CREATE INDEX case_file_by_unread ON case_file (compartment, filed_at, case_id) WHERE unread_since IS NOT NULL;
CREATE TABLE unread_count (
    compartment TEXT NOT NULL PRIMARY KEY,
    cases BIGINT NOT NULL CHECK (cases >= 0)
);
INSERT INTO unread_count (compartment, cases) VALUES ('general', 0), ('epds', 0);
