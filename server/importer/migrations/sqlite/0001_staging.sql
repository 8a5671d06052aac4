-- The staging tables of the import job. Rows are added and never edited, but for the marks that something was written,
-- sent or answered. A newer revision is a new row beside the older one.

-- The portal's keys that are trusted, as the hand-over crate writes them.
CREATE TABLE trust (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    document TEXT NOT NULL
) STRICT;

CREATE TABLE batch (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq >= 1),
    manifest_sha256 TEXT NOT NULL UNIQUE,
    manifest BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    staged_at INTEGER NOT NULL
) STRICT;

-- The primary key is what keeps an entry from being there twice.
CREATE TABLE entry (
    receipt_number TEXT NOT NULL,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    seq INTEGER NOT NULL REFERENCES batch (seq),
    place INTEGER NOT NULL,
    kind TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    line BLOB NOT NULL,
    PRIMARY KEY (receipt_number, rev),
    UNIQUE (seq, place)
) STRICT;

-- What an entry says, in the order of the record list: person.*, item.*, legal.*, extra.*, derived.*.
CREATE TABLE item (
    receipt_number TEXT NOT NULL,
    rev INTEGER NOT NULL,
    place INTEGER NOT NULL,
    fact TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT,
    text TEXT,
    declined INTEGER NOT NULL CHECK (declined IN (0, 1)),
    PRIMARY KEY (receipt_number, rev, place),
    UNIQUE (receipt_number, rev, fact),
    FOREIGN KEY (receipt_number, rev) REFERENCES entry (receipt_number, rev)
) STRICT;

-- The files for the health information system, made in the transaction that stages their lines and written afterwards.
CREATE TABLE csv_file (
    name TEXT NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL REFERENCES batch (seq),
    content BLOB NOT NULL,
    written_at INTEGER
) STRICT;

-- What became of an entry: the last number counts. A held entry gets a second row when it is settled, and no third.
CREATE TABLE outcome (
    receipt_number TEXT NOT NULL,
    rev INTEGER NOT NULL,
    number INTEGER NOT NULL CHECK (number IN (1, 2)),
    result TEXT NOT NULL CHECK (result IN ('imported', 'held', 'rejected')),
    reason TEXT,
    resident_number TEXT,
    csv_file TEXT REFERENCES csv_file (name),
    at INTEGER NOT NULL,
    PRIMARY KEY (receipt_number, rev, number),
    FOREIGN KEY (receipt_number, rev) REFERENCES entry (receipt_number, rev),
    CHECK (number = 1 OR result <> 'held'),
    CHECK ((result = 'imported') = (resident_number IS NOT NULL)),
    CHECK ((result = 'imported') = (csv_file IS NOT NULL)),
    CHECK ((result = 'imported') = (reason IS NULL))
) STRICT;

CREATE TABLE withdrawn (
    receipt_number TEXT NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL REFERENCES batch (seq)
) STRICT;

CREATE TABLE receipt (
    jti TEXT NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL REFERENCES batch (seq),
    document BLOB NOT NULL,
    made_at INTEGER NOT NULL,
    carried_at INTEGER,
    answer INTEGER,
    answered_at INTEGER
) STRICT;

CREATE TABLE receipt_result (
    jti TEXT NOT NULL REFERENCES receipt (jti),
    receipt_number TEXT NOT NULL,
    rev INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (receipt_number, rev, number),
    FOREIGN KEY (receipt_number, rev, number) REFERENCES outcome (receipt_number, rev, number)
) STRICT;

-- What people said about a held entry; the last word of each counts, and two different people must say the same.
CREATE TABLE opinion (
    opinion_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    receipt_number TEXT NOT NULL,
    rev INTEGER NOT NULL,
    person TEXT NOT NULL,
    person_key TEXT NOT NULL,
    resident_number TEXT,
    reject_reason TEXT,
    at INTEGER NOT NULL,
    FOREIGN KEY (receipt_number, rev) REFERENCES entry (receipt_number, rev),
    CHECK ((resident_number IS NULL) <> (reject_reason IS NULL))
) STRICT;

-- What holds now: the newest imported revision of each notification that was not withdrawn.
CREATE VIEW current_entry AS
    SELECT entry.receipt_number, entry.rev, entry.kind, entry.seq, outcome.resident_number, outcome.at AS imported_at
    FROM entry JOIN outcome USING (receipt_number, rev)
    WHERE outcome.result = 'imported'
      AND entry.rev = (SELECT MAX(newer.rev) FROM outcome AS newer
          WHERE newer.receipt_number = entry.receipt_number AND newer.result = 'imported')
      AND NOT EXISTS (SELECT 1 FROM withdrawn WHERE withdrawn.receipt_number = entry.receipt_number);
