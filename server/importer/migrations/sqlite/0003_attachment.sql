-- 「写真・書類」 The papers of a batch, each once, until they are written; then only that they were. What goes back leaves none.
CREATE TABLE attachment (
    seq INTEGER NOT NULL REFERENCES batch (seq),
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content BLOB,
    written_at INTEGER,
    PRIMARY KEY (seq, sha256)
) STRICT;

CREATE TABLE entry_attachment (
    receipt_number TEXT NOT NULL,
    rev INTEGER NOT NULL,
    number INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    label TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (receipt_number, rev, number),
    FOREIGN KEY (receipt_number, rev) REFERENCES entry (receipt_number, rev),
    FOREIGN KEY (seq, sha256) REFERENCES attachment (seq, sha256)
) STRICT;
CREATE INDEX entry_attachment_by_paper ON entry_attachment (seq, sha256);
