-- 「照合」 How many differences between what was declared and what was seen nobody has settled. Nothing is accepted while one is
-- open (R09), and the database refuses it too.
ALTER TABLE case_file ADD COLUMN open_differences INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER case_file_is_accepted_without_a_difference BEFORE UPDATE ON case_file
WHEN NEW.stage IN ('accepted', 'confirmed', 'handed_over', 'held', 'imported') AND NEW.open_differences > 0
BEGIN SELECT RAISE(ABORT, 'case_file is accepted without an open difference only'); END;

-- 「前回のサインイン」 Whoever signs in reads when she did before (R28).
ALTER TABLE staff ADD COLUMN previous_sign_in_at INTEGER;

-- 「二人目」 The second yes to an acceptance, a decline or a withdrawal is another person's, not only another account's: the event of
-- it is refused else, and with it the whole deed.
CREATE TRIGGER case_event_second_yes_is_another_persons BEFORE INSERT ON case_event
WHEN NEW.command IN ('confirm', 'decline', 'confirm_withdrawal') AND NOT EXISTS (
    SELECT 1 FROM case_file
    JOIN staff one ON one.staff_id = CASE NEW.command WHEN 'confirm' THEN accepted_by WHEN 'decline' THEN proposed_by
        ELSE withdrawal_proposed_by END
    JOIN staff two ON two.staff_id = NEW.actor_id
    WHERE case_id = NEW.case_id AND one.person_id <> two.person_id)
BEGIN SELECT RAISE(ABORT, 'the second yes is another person''s'); END;

-- 「職員の再招待」 Somebody of the staff who has lost her passkey: one person proposes that she is invited again, another confirms.
CREATE TABLE staff_return (
    staff_id BLOB NOT NULL PRIMARY KEY REFERENCES staff (staff_id),
    proposed_by BLOB NOT NULL REFERENCES staff (staff_id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK (proposed_by <> staff_id)
) STRICT;

-- 「不開示」 Where she lives is told to nobody but who needs it (支援措置; R51).
ALTER TABLE case_file ADD COLUMN non_disclosure INTEGER NOT NULL DEFAULT 0 CHECK (non_disclosure IN (0, 1));
