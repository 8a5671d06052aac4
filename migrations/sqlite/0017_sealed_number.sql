-- 「個人番号」 as the browser sealed it to the number key of a destination, sealed besides with the key of its draft or case. The
-- portal cannot open it. `recipient` is the public key, so that a change of it does not go unseen.
CREATE TABLE sealed_number (
    draft_id BLOB REFERENCES draft (draft_id) ON DELETE CASCADE,
    case_id BLOB REFERENCES case_file (case_id) ON DELETE CASCADE,
    destination_id TEXT NOT NULL REFERENCES destination (destination_id),
    recipient TEXT NOT NULL,
    armor_sealed BLOB NOT NULL,
    kept_at INTEGER NOT NULL,
    UNIQUE (draft_id, destination_id),
    UNIQUE (case_id, destination_id),
    CHECK ((draft_id IS NULL) <> (case_id IS NULL))
) STRICT;
