-- The form definitions that came with batches: columns of a form without a mapping file follow from it, also for an entry
-- that waited.
CREATE TABLE form (
    sha256 TEXT NOT NULL PRIMARY KEY,
    document BLOB NOT NULL
) STRICT;
