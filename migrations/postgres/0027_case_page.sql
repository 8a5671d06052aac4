-- 「照合」 How many differences between what was declared and what was seen nobody has settled. Nothing is accepted while one is
-- open (R09), and the database refuses it too.
ALTER TABLE case_file ADD COLUMN open_differences BIGINT NOT NULL DEFAULT 0;
ALTER TABLE case_file ADD CONSTRAINT case_file_is_accepted_without_a_difference
    CHECK (stage NOT IN ('accepted', 'confirmed', 'handed_over', 'held', 'imported') OR open_differences = 0);

-- 「前回のサインイン」 Whoever signs in reads when she did before (R28).
ALTER TABLE staff ADD COLUMN previous_sign_in_at BIGINT;

-- 「二人目」 The second yes to an acceptance, a decline or a withdrawal is another person's, not only another account's: the event of
-- it is refused else, and with it the whole deed.
CREATE FUNCTION refuse_second_yes_of_one_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.command IN ('confirm', 'decline', 'confirm_withdrawal') AND NOT EXISTS (
        SELECT 1 FROM case_file
        JOIN staff one ON one.staff_id = CASE NEW.command WHEN 'confirm' THEN accepted_by WHEN 'decline' THEN proposed_by
            ELSE withdrawal_proposed_by END
        JOIN staff two ON two.staff_id = NEW.actor_id
        WHERE case_id = NEW.case_id AND one.person_id <> two.person_id)
    THEN RAISE EXCEPTION 'the second yes is another person''s';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER case_event_second_yes_is_another_persons BEFORE INSERT ON case_event
FOR EACH ROW EXECUTE FUNCTION refuse_second_yes_of_one_person();

-- 「職員の再招待」 Somebody of the staff who has lost her passkey: one person proposes that she is invited again, another confirms.
CREATE TABLE staff_return (
    staff_id BYTEA NOT NULL PRIMARY KEY REFERENCES staff (staff_id),
    proposed_by BYTEA NOT NULL REFERENCES staff (staff_id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CHECK (proposed_by <> staff_id)
);

-- 「不開示」 Where she lives is told to nobody but who needs it (支援措置; R51).
ALTER TABLE case_file ADD COLUMN non_disclosure BIGINT NOT NULL DEFAULT 0 CHECK (non_disclosure IN (0, 1));
