-- 「電子署名」 A draft that is being signed, or was: one at a time, sealed with the draft's key, gone with the draft.
CREATE TABLE draft_signature (
    draft_id BLOB NOT NULL PRIMARY KEY REFERENCES draft (draft_id) ON DELETE CASCADE,
    account_id BLOB NOT NULL REFERENCES account (account_id),
    draft_version INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('begun', 'fetching', 'signed')),
    token_hash BLOB UNIQUE,
    content_sealed BLOB NOT NULL,
    begun_at INTEGER NOT NULL,
    signed_at INTEGER,
    CHECK ((state = 'begun') = (token_hash IS NOT NULL)),
    CHECK ((state = 'signed') = (signed_at IS NOT NULL))
) STRICT;

-- What was signed, the signature and the certificate, sealed with the case's key. The certificate is found again by a keyed
-- index of its issuer and serial number only.
CREATE TABLE case_signature (
    case_id BLOB NOT NULL PRIMARY KEY REFERENCES case_file (case_id) ON DELETE CASCADE,
    certificate_index BLOB NOT NULL,
    content_sealed BLOB NOT NULL,
    signed_at INTEGER NOT NULL,
    checked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX case_signature_by_certificate ON case_signature (certificate_index);
