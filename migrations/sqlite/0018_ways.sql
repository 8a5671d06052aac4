-- 「本人確認」 What each session, passkey and filing proves. The office takes nothing on that nobody has shown who it is from, and
-- the database refuses it too.
ALTER TABLE session ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN passkey_id BLOB;
ALTER TABLE session ADD COLUMN reads_from INTEGER;
CREATE INDEX session_by_passkey ON session (passkey_id) WHERE passkey_id IS NOT NULL;
ALTER TABLE passkey ADD COLUMN reads_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN stronger_lost_at INTEGER;

ALTER TABLE case_file ADD COLUMN identity TEXT NOT NULL DEFAULT 'claimed'
    CHECK (identity IN ('claimed', 'returning', 'verified_remote', 'verified_signed', 'verified_in_person'));
ALTER TABLE case_file ADD COLUMN proxy TEXT CHECK (proxy IN ('waiting', 'met', 'given'));
UPDATE case_file SET identity = 'verified_in_person' WHERE accepted_at IS NOT NULL;
CREATE TRIGGER case_file_is_accepted_on_evidence BEFORE UPDATE ON case_file
WHEN NEW.stage IN ('accepted', 'confirmed', 'handed_over', 'held', 'imported')
    AND (NEW.identity IN ('claimed', 'returning') OR NEW.proxy = 'waiting')
BEGIN SELECT RAISE(ABORT, 'case_file is accepted on identity evidence only'); END;
CREATE TRIGGER case_file_begins_without_acceptance BEFORE INSERT ON case_file
WHEN NEW.stage IN ('accepted', 'confirmed', 'handed_over', 'held', 'imported')
    AND (NEW.identity IN ('claimed', 'returning') OR NEW.proxy = 'waiting')
BEGIN SELECT RAISE(ABORT, 'case_file is accepted on identity evidence only'); END;

-- 「ご本人への引継ぎ」 A filing by a proxy that one member of staff gives to the person herself, and another confirms.
CREATE TABLE transfer (
    case_id BLOB NOT NULL PRIMARY KEY REFERENCES case_file (case_id),
    wrapped_key BLOB NOT NULL,
    mail_index BLOB NOT NULL,
    mail_sealed BLOB NOT NULL,
    code_mac BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    proposed_by BLOB NOT NULL REFERENCES staff (staff_id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX transfer_by_end ON transfer (expires_at);
