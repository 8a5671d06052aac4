-- 「外部記録媒体」 What batches may be carried on and written at, each registered by two people, and the ledger of what was carried.
CREATE TABLE carrier (
    carrier_id BLOB NOT NULL PRIMARY KEY CHECK (length(carrier_id) = 16),
    kind TEXT NOT NULL CHECK (kind IN ('medium', 'terminal')),
    label TEXT NOT NULL UNIQUE,
    -- The serial number of a medium, the thumbprint of a terminal's key.
    mark TEXT NOT NULL UNIQUE,
    -- How a medium encrypts by itself, or the public key of a terminal.
    detail TEXT NOT NULL,
    proposed_by BLOB NOT NULL REFERENCES staff (staff_id),
    proposed_at INTEGER NOT NULL,
    approved_by BLOB REFERENCES staff (staff_id),
    approved_at INTEGER,
    retired_by BLOB REFERENCES staff (staff_id),
    retired_at INTEGER,
    CHECK (proposed_by <> approved_by),
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK ((retired_by IS NULL) = (retired_at IS NULL))
) STRICT;

CREATE TABLE carriage (
    carriage_id BLOB NOT NULL PRIMARY KEY CHECK (length(carriage_id) = 16),
    destination_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    manifest_sha256 TEXT NOT NULL,
    medium_id BLOB NOT NULL REFERENCES carrier (carrier_id),
    terminal_id BLOB NOT NULL REFERENCES carrier (carrier_id),
    proposed_by BLOB NOT NULL REFERENCES staff (staff_id),
    proposed_at INTEGER NOT NULL,
    approved_by BLOB REFERENCES staff (staff_id),
    approved_at INTEGER,
    out_at INTEGER,
    -- The terminal's signature over what it wrote.
    written_proof BLOB,
    back_by BLOB REFERENCES staff (staff_id),
    back_at INTEGER,
    wiped_by BLOB REFERENCES staff (staff_id),
    wiped_at INTEGER,
    dropped_by BLOB REFERENCES staff (staff_id),
    dropped_at INTEGER,
    FOREIGN KEY (destination_id, seq) REFERENCES batch (destination_id, seq),
    CHECK (proposed_by <> approved_by),
    CHECK (out_at IS NULL OR approved_at IS NOT NULL),
    CHECK ((out_at IS NULL) = (written_proof IS NULL)),
    CHECK (back_at IS NULL OR out_at IS NOT NULL),
    CHECK (wiped_at IS NULL OR back_at IS NOT NULL),
    CHECK (dropped_at IS NULL OR out_at IS NULL)
) STRICT;
-- A medium is at one place at a time, whoever asks for it.
CREATE UNIQUE INDEX carriage_in_use ON carriage (medium_id) WHERE wiped_at IS NULL AND dropped_at IS NULL;
CREATE INDEX carriage_by_time ON carriage (proposed_at, carriage_id);
