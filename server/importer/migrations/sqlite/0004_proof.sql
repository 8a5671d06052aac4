-- What an archive needs that can be verified years later: the key announcement that came with a batch.
ALTER TABLE batch ADD COLUMN keys_document BLOB;

-- The order in which receipts were made: a column of its own, for PostgreSQL has no rowid.
ALTER TABLE receipt ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
UPDATE receipt SET place = rowid;
CREATE UNIQUE INDEX receipt_by_place ON receipt (place);

-- Who was signed in to the computer when something was said.
ALTER TABLE opinion ADD COLUMN os_account TEXT;

-- Who came near when an entry was found to be in doubt, and which facts agreed and differed: as the extract was on that day.
CREATE TABLE near_miss (
    receipt_number TEXT NOT NULL,
    rev INTEGER NOT NULL,
    place INTEGER NOT NULL,
    resident_number TEXT NOT NULL,
    agreed TEXT NOT NULL,
    differed TEXT NOT NULL,
    PRIMARY KEY (receipt_number, rev, place),
    FOREIGN KEY (receipt_number, rev) REFERENCES entry (receipt_number, rev)
) STRICT;

-- 「副本」 What was offered of an entry that was taken in: once each, and nothing of it is changed afterwards.
CREATE TABLE copy_offer (
    receipt_number TEXT NOT NULL,
    rev INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('new', 'corrected', 'withdrawn')),
    csv_file TEXT NOT NULL REFERENCES csv_file (name),
    PRIMARY KEY (receipt_number, rev, kind),
    FOREIGN KEY (receipt_number, rev) REFERENCES entry (receipt_number, rev)
) STRICT;

-- When a run last went through to its end: what `status --check` looks at.
CREATE TABLE last_run (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    ended_at INTEGER NOT NULL
) STRICT;

-- Whether a receipt tells of an outcome: a mark, so that what is open is found without a look at all that was ever taken in.
ALTER TABLE outcome ADD COLUMN told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1));
UPDATE outcome SET told = 1 WHERE EXISTS (SELECT 1 FROM receipt_result WHERE receipt_result.receipt_number = outcome.receipt_number
    AND receipt_result.rev = outcome.rev AND receipt_result.number = outcome.number);
CREATE INDEX outcome_untold ON outcome (receipt_number, rev, number) WHERE told = 0;
CREATE INDEX outcome_held ON outcome (receipt_number, rev) WHERE result = 'held';
-- Without them each look at a mark would walk over the whole content that stands before it.
CREATE INDEX csv_file_unwritten ON csv_file (seq, name) WHERE written_at IS NULL;
CREATE INDEX csv_file_mark ON csv_file (name, written_at);
CREATE INDEX attachment_kept ON attachment (seq, sha256) WHERE content IS NOT NULL;
