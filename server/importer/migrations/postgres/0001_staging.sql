-- The staging tables of the import job: the same names and columns as in ../sqlite after its last step. Rows are added and never
-- edited, but for the marks that something was written, sent or answered. A newer revision is a new row beside the older one.

-- The portal's keys that are trusted, as the hand-over crate writes them.
CREATE TABLE trust (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    document TEXT NOT NULL
);

CREATE TABLE batch (
    seq BIGINT NOT NULL PRIMARY KEY CHECK (seq >= 1),
    manifest_sha256 TEXT NOT NULL UNIQUE,
    manifest BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    staged_at BIGINT NOT NULL,
    -- The key announcement that came with it, for the archive.
    keys_document BYTEA
);

-- The primary key is what keeps an entry from being there twice.
CREATE TABLE entry (
    receipt_number TEXT NOT NULL,
    rev BIGINT NOT NULL CHECK (rev >= 1),
    seq BIGINT NOT NULL REFERENCES batch (seq),
    place BIGINT NOT NULL,
    kind TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    line BYTEA NOT NULL,
    PRIMARY KEY (receipt_number, rev),
    UNIQUE (seq, place)
);

-- What an entry says, in the order of the record list: person.*, item.*, legal.*, extra.*, derived.*.
CREATE TABLE item (
    receipt_number TEXT NOT NULL,
    rev BIGINT NOT NULL,
    place BIGINT NOT NULL,
    fact TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT,
    text TEXT,
    declined BOOLEAN NOT NULL,
    PRIMARY KEY (receipt_number, rev, place),
    UNIQUE (receipt_number, rev, fact),
    FOREIGN KEY (receipt_number, rev) REFERENCES entry (receipt_number, rev)
);

-- The files for the health information system, made in the transaction that stages their lines and written afterwards.
CREATE TABLE csv_file (
    name TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL REFERENCES batch (seq),
    content BYTEA NOT NULL,
    written_at BIGINT
);

-- What became of an entry: the last number counts. A held entry gets a second row when it is settled, and no third.
CREATE TABLE outcome (
    receipt_number TEXT NOT NULL,
    rev BIGINT NOT NULL,
    number BIGINT NOT NULL CHECK (number IN (1, 2)),
    result TEXT NOT NULL CHECK (result IN ('imported', 'held', 'rejected')),
    reason TEXT,
    resident_number TEXT,
    csv_file TEXT REFERENCES csv_file (name),
    at BIGINT NOT NULL,
    -- Whether a receipt tells of it: a mark, so that what is open is found without a look at all that was ever taken in.
    told BIGINT NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),
    PRIMARY KEY (receipt_number, rev, number),
    FOREIGN KEY (receipt_number, rev) REFERENCES entry (receipt_number, rev),
    CHECK (number = 1 OR result <> 'held'),
    CHECK ((result = 'imported') = (resident_number IS NOT NULL)),
    CHECK ((result = 'imported') = (csv_file IS NOT NULL)),
    CHECK ((result = 'imported') = (reason IS NULL))
);

CREATE INDEX outcome_untold ON outcome (receipt_number, rev, number) WHERE told = 0;
CREATE INDEX outcome_held ON outcome (receipt_number, rev) WHERE result = 'held';
CREATE INDEX csv_file_unwritten ON csv_file (seq, name) WHERE written_at IS NULL;

CREATE TABLE withdrawn (
    receipt_number TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL REFERENCES batch (seq)
);

CREATE TABLE receipt (
    jti TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL REFERENCES batch (seq),
    document BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    carried_at BIGINT,
    answer BIGINT,
    answered_at BIGINT,
    -- The order in which they were made.
    place BIGINT NOT NULL UNIQUE
);

CREATE TABLE receipt_result (
    jti TEXT NOT NULL REFERENCES receipt (jti),
    receipt_number TEXT NOT NULL,
    rev BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (receipt_number, rev, number),
    FOREIGN KEY (receipt_number, rev, number) REFERENCES outcome (receipt_number, rev, number)
);

-- What people said about a held entry; the last word of each counts, and two different people must say the same.
CREATE TABLE opinion (
    opinion_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    receipt_number TEXT NOT NULL,
    rev BIGINT NOT NULL,
    person TEXT NOT NULL,
    person_key TEXT NOT NULL,
    resident_number TEXT,
    reject_reason TEXT,
    at BIGINT NOT NULL,
    -- Who was signed in to the computer when it was said.
    os_account TEXT,
    FOREIGN KEY (receipt_number, rev) REFERENCES entry (receipt_number, rev),
    CHECK ((resident_number IS NULL) <> (reject_reason IS NULL))
);

-- The form definitions that came with batches: columns of a form without a mapping file follow from it, also for an entry
-- that waited.
CREATE TABLE form (
    sha256 TEXT NOT NULL PRIMARY KEY,
    document BYTEA NOT NULL
);

-- 「写真・書類」 The papers of a batch, each once, until they are written; then only that they were. What goes back leaves none.
CREATE TABLE attachment (
    seq BIGINT NOT NULL REFERENCES batch (seq),
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content BYTEA,
    written_at BIGINT,
    PRIMARY KEY (seq, sha256)
);

CREATE TABLE entry_attachment (
    receipt_number TEXT NOT NULL,
    rev BIGINT NOT NULL,
    number BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    label TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (receipt_number, rev, number),
    FOREIGN KEY (receipt_number, rev) REFERENCES entry (receipt_number, rev),
    FOREIGN KEY (seq, sha256) REFERENCES attachment (seq, sha256)
);
CREATE INDEX attachment_kept ON attachment (seq, sha256) WHERE content IS NOT NULL;
CREATE INDEX entry_attachment_by_paper ON entry_attachment (seq, sha256);

-- Who came near when an entry was found to be in doubt, and which facts agreed and differed: as the extract was on that day.
CREATE TABLE near_miss (
    receipt_number TEXT NOT NULL,
    rev BIGINT NOT NULL,
    place BIGINT NOT NULL,
    resident_number TEXT NOT NULL,
    agreed TEXT NOT NULL,
    differed TEXT NOT NULL,
    PRIMARY KEY (receipt_number, rev, place),
    FOREIGN KEY (receipt_number, rev) REFERENCES entry (receipt_number, rev)
);

-- 「副本」 What was offered of an entry that was taken in: once each, and nothing of it is changed afterwards.
CREATE TABLE copy_offer (
    receipt_number TEXT NOT NULL,
    rev BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('new', 'corrected', 'withdrawn')),
    csv_file TEXT NOT NULL REFERENCES csv_file (name),
    PRIMARY KEY (receipt_number, rev, kind),
    FOREIGN KEY (receipt_number, rev) REFERENCES entry (receipt_number, rev)
);

-- When a run last went through to its end: what `status --check` looks at.
CREATE TABLE last_run (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    ended_at BIGINT NOT NULL
);

-- What holds now: the newest imported revision of each notification that was not withdrawn.
CREATE VIEW current_entry AS
    SELECT entry.receipt_number, entry.rev, entry.kind, entry.seq, outcome.resident_number, outcome.at AS imported_at
    FROM entry JOIN outcome USING (receipt_number, rev)
    WHERE outcome.result = 'imported'
      AND entry.rev = (SELECT MAX(newer.rev) FROM outcome AS newer
          WHERE newer.receipt_number = entry.receipt_number AND newer.result = 'imported')
      AND NOT EXISTS (SELECT 1 FROM withdrawn WHERE withdrawn.receipt_number = entry.receipt_number);
