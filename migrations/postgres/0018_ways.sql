-- 「本人確認」 What each session, passkey and filing proves. The office takes nothing on that nobody has shown who it is from, and
-- the database refuses it too.
ALTER TABLE session ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN passkey_id BYTEA;
ALTER TABLE session ADD COLUMN reads_from BIGINT;
CREATE INDEX session_by_passkey ON session (passkey_id) WHERE passkey_id IS NOT NULL;
ALTER TABLE passkey ADD COLUMN reads_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN stronger_lost_at BIGINT;

ALTER TABLE case_file ADD COLUMN identity TEXT NOT NULL DEFAULT 'claimed'
    CHECK (identity IN ('claimed', 'returning', 'verified_remote', 'verified_signed', 'verified_in_person'));
ALTER TABLE case_file ADD COLUMN proxy TEXT CHECK (proxy IN ('waiting', 'met', 'given'));
UPDATE case_file SET identity = 'verified_in_person' WHERE accepted_at IS NOT NULL;
ALTER TABLE case_file ADD CONSTRAINT case_file_is_accepted_on_evidence
    CHECK (stage NOT IN ('accepted', 'confirmed', 'handed_over', 'held', 'imported')
        OR (identity NOT IN ('claimed', 'returning') AND (proxy IS NULL OR proxy <> 'waiting')));

-- 「ご本人への引継ぎ」 A filing by a proxy that one member of staff gives to the person herself, and another confirms.
CREATE TABLE transfer (
    case_id BYTEA NOT NULL PRIMARY KEY REFERENCES case_file (case_id),
    wrapped_key BYTEA NOT NULL,
    mail_index BYTEA NOT NULL,
    mail_sealed BYTEA NOT NULL,
    code_mac BYTEA NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    proposed_by BYTEA NOT NULL REFERENCES staff (staff_id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX transfer_by_end ON transfer (expires_at);
