-- 「引渡し」 The files of a batch may be written before the batch itself, in the same transaction: papers one by one, so that
-- a batch never has them all in memory.
CREATE TABLE batch_file_deferred (
    destination_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    byte_count INTEGER NOT NULL,
    content BLOB,
    PRIMARY KEY (destination_id, seq, name),
    FOREIGN KEY (destination_id, seq) REFERENCES batch (destination_id, seq) DEFERRABLE INITIALLY DEFERRED
) STRICT;
INSERT INTO batch_file_deferred (destination_id, seq, name, sha256, byte_count, content)
    SELECT destination_id, seq, name, sha256, byte_count, content FROM batch_file;
DROP TABLE batch_file;
ALTER TABLE batch_file_deferred RENAME TO batch_file;

-- Why a confirmed case is in no batch yet.
CREATE TABLE hand_over_block (
    case_id BLOB NOT NULL PRIMARY KEY REFERENCES case_file (case_id) ON DELETE CASCADE,
    reason TEXT NOT NULL CHECK (reason IN ('papers_wait', 'too_large', 'no_destination', 'refused')),
    since INTEGER NOT NULL
) STRICT;

-- Papers that were sent with the filing and did not pass the scanner in time: they are not in the entry.
ALTER TABLE batch_entry ADD COLUMN papers_left_out INTEGER NOT NULL DEFAULT 0;
CREATE INDEX batch_entry_unanswered ON batch_entry (destination_id, seq) WHERE result IS NULL;
CREATE INDEX case_event_by_command ON case_event (command, at);

-- After a restore nothing is sealed for a destination until two people have let it go on (`handover resync`).
ALTER TABLE destination ADD COLUMN stopped_at INTEGER;
CREATE TABLE destination_resync (
    destination_id TEXT NOT NULL REFERENCES destination (destination_id),
    note_sha256 TEXT NOT NULL,
    note BLOB NOT NULL,
    first_staff_id BLOB NOT NULL REFERENCES staff (staff_id),
    first_at INTEGER NOT NULL,
    second_staff_id BLOB REFERENCES staff (staff_id),
    second_at INTEGER,
    PRIMARY KEY (destination_id, note_sha256),
    CHECK (first_staff_id <> second_staff_id),
    CHECK ((second_staff_id IS NULL) = (second_at IS NULL))
) STRICT;

-- Public keys that a destination has changed: they verify what was signed before, for some weeks.
CREATE TABLE destination_key (
    destination_id TEXT NOT NULL REFERENCES destination (destination_id),
    kid TEXT NOT NULL,
    public_json TEXT NOT NULL,
    retired_at INTEGER NOT NULL,
    PRIMARY KEY (destination_id, kid)
) STRICT;
