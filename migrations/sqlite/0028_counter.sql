-- 「差戻しは3回まで」 How often a case was sent back. A fourth time is refused here, too; a correction of what the back office has
-- recorded is another matter and counts anew.
ALTER TABLE case_file ADD COLUMN send_backs INTEGER NOT NULL DEFAULT 0 CHECK (send_backs BETWEEN 0 AND 3);
UPDATE case_file SET send_backs = MIN(3, (SELECT COUNT(*) FROM case_event
    WHERE case_event.case_id = case_file.case_id AND case_event.command = 'send_back'));
CREATE TRIGGER case_file_counts_what_is_sent_back BEFORE UPDATE ON case_file
WHEN (NEW.stage = 'sent_back' AND OLD.stage <> 'sent_back' AND NEW.send_backs <> OLD.send_backs + 1)
    OR (NEW.send_backs < OLD.send_backs AND NOT (OLD.stage = 'imported' AND NEW.stage = 'in_review'))
BEGIN SELECT RAISE(ABORT, 'case_file is sent back three times at most'); END;

-- 「窓口代行入力」 Who typed a paper form in, and who has held it against the paper: another person, before it is accepted.
-- `entry_news`: when something was put right that the typist has not read yet.
ALTER TABLE case_file ADD COLUMN typed_by BLOB REFERENCES staff (staff_id);
ALTER TABLE case_file ADD COLUMN checked_by BLOB REFERENCES staff (staff_id)
    CHECK (checked_by IS NULL OR (typed_by IS NOT NULL AND checked_by <> typed_by));
ALTER TABLE case_file ADD COLUMN entry_news INTEGER;
CREATE INDEX case_file_by_typist ON case_file (typed_by, filed_at, case_id) WHERE typed_by IS NOT NULL;
CREATE TRIGGER case_file_is_accepted_when_checked BEFORE UPDATE ON case_file
WHEN NEW.channel = 'counter' AND NEW.checked_by IS NULL
    AND NEW.stage IN ('accepted', 'confirmed', 'handed_over', 'held', 'imported')
BEGIN SELECT RAISE(ABORT, 'case_file was not checked against the paper'); END;
CREATE TRIGGER case_file_begins_unchecked BEFORE INSERT ON case_file
WHEN NEW.checked_by IS NOT NULL OR (NEW.channel = 'counter'
    AND NEW.stage IN ('accepted', 'confirmed', 'handed_over', 'held', 'imported'))
BEGIN SELECT RAISE(ABORT, 'case_file was not checked against the paper'); END;
CREATE TRIGGER case_file_keeps_who_typed_and_checked BEFORE UPDATE ON case_file
WHEN (OLD.typed_by IS NOT NULL AND NEW.typed_by IS NOT OLD.typed_by)
    OR (OLD.checked_by IS NOT NULL AND NEW.checked_by IS NOT OLD.checked_by)
    OR NEW.channel <> OLD.channel
BEGIN SELECT RAISE(ABORT, 'case_file keeps who typed it in and who checked it'); END;
CREATE TRIGGER case_file_is_checked_by_another_person BEFORE UPDATE ON case_file
WHEN NEW.checked_by IS NOT NULL AND OLD.checked_by IS NULL AND EXISTS (SELECT 1 FROM staff AS typist
    JOIN staff AS checker ON checker.person_id = typist.person_id
    WHERE typist.staff_id = NEW.typed_by AND checker.staff_id = NEW.checked_by)
BEGIN SELECT RAISE(ABORT, 'case_file is checked by another person'); END;

-- 「窓口代行入力」 What a member of staff is typing in, one of each form.
CREATE TABLE counter_draft (
    draft_id BLOB NOT NULL PRIMARY KEY CHECK (length(draft_id) = 16),
    staff_id BLOB NOT NULL REFERENCES staff (staff_id),
    form_id TEXT NOT NULL,
    form_version INTEGER NOT NULL,
    form_sha256 TEXT NOT NULL,
    wrapped_key BLOB NOT NULL,
    sheet_sealed BLOB NOT NULL,
    version INTEGER NOT NULL,
    saved_by TEXT,
    audited_session BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (staff_id, form_id)
) STRICT;
CREATE INDEX counter_draft_by_end ON counter_draft (expires_at);
