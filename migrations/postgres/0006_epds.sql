-- 「EPDS」 Cases of which only public health nurses know, and drafts that only the session finds which began them.
ALTER TABLE case_file ADD COLUMN compartment TEXT NOT NULL DEFAULT 'general' CHECK (compartment IN ('general', 'epds'));
UPDATE case_file SET compartment = 'epds' WHERE form_id = 'epds';
CREATE INDEX case_file_by_compartment ON case_file (compartment, stage, filed_at, case_id);
DROP INDEX case_file_for_erasure;
CREATE INDEX case_file_for_erasure ON case_file (compartment, stage, stage_since) WHERE erased_at IS NULL;
DROP INDEX case_file_by_withdrawal;
CREATE INDEX case_file_by_withdrawal ON case_file (compartment, filed_at, case_id) WHERE withdrawal_asked_at IS NOT NULL;

ALTER TABLE draft ADD COLUMN session_hash BYTEA;
ALTER TABLE draft ADD COLUMN text_pack TEXT;
CREATE INDEX draft_by_session ON draft (session_hash) WHERE session_hash IS NOT NULL;
