-- 「市との連絡」 Messages between a parent and the office on a case, sealed with the case's key. `press_mac` is one press of the
-- button: a second one finds the first.
CREATE TABLE message (
    message_id BLOB NOT NULL PRIMARY KEY CHECK (length(message_id) = 16),
    case_id BLOB NOT NULL REFERENCES case_file (case_id),
    sender_kind TEXT NOT NULL CHECK (sender_kind IN ('citizen', 'staff')),
    sender_id BLOB NOT NULL,
    text_sealed BLOB NOT NULL,
    press_mac BLOB NOT NULL,
    sent_at INTEGER NOT NULL,
    read_at INTEGER,
    UNIQUE (case_id, press_mac)
) STRICT;
CREATE INDEX message_by_case ON message (case_id, sent_at, message_id);

-- Since when the office has not read what the parent wrote, and how many such cases there are: kept, not counted.
ALTER TABLE case_file ADD COLUMN unread_since INTEGER;
CREATE INDEX case_file_by_unread ON case_file (compartment, filed_at, case_id) WHERE unread_since IS NOT NULL;
CREATE TABLE unread_count (
    compartment TEXT NOT NULL PRIMARY KEY,
    cases INTEGER NOT NULL CHECK (cases >= 0)
) STRICT;
INSERT INTO unread_count (compartment, cases) VALUES ('general', 0), ('epds', 0);
