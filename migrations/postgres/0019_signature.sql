-- 「電子署名」 A draft that is being signed, or was: one at a time, sealed with the draft's key, gone with the draft.
CREATE TABLE draft_signature (
    draft_id BYTEA NOT NULL PRIMARY KEY REFERENCES draft (draft_id) ON DELETE CASCADE,
    account_id BYTEA NOT NULL REFERENCES account (account_id),
    draft_version BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('begun', 'fetching', 'signed')),
    token_hash BYTEA UNIQUE,
    content_sealed BYTEA NOT NULL,
    begun_at BIGINT NOT NULL,
    signed_at BIGINT,
    CHECK ((state = 'begun') = (token_hash IS NOT NULL)),
    CHECK ((state = 'signed') = (signed_at IS NOT NULL))
);

-- What was signed, the signature and the certificate, sealed with the case's key. The certificate is found again by a keyed
-- index of its issuer and serial number only.
CREATE TABLE case_signature (
    case_id BYTEA NOT NULL PRIMARY KEY REFERENCES case_file (case_id) ON DELETE CASCADE,
    certificate_index BYTEA NOT NULL,
    content_sealed BYTEA NOT NULL,
    signed_at BIGINT NOT NULL,
    checked_at BIGINT NOT NULL
);
CREATE INDEX case_signature_by_certificate ON case_signature (certificate_index);
