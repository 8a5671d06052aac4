-- 「差戻しは3回まで」 How often a case was sent back. A fourth time is refused here, too; a correction of what the back office has
-- recorded is another matter and counts anew.
ALTER TABLE case_file ADD COLUMN send_backs BIGINT NOT NULL DEFAULT 0 CHECK (send_backs BETWEEN 0 AND 3);
UPDATE case_file SET send_backs = LEAST(3, (SELECT COUNT(*) FROM case_event
    WHERE case_event.case_id = case_file.case_id AND case_event.command = 'send_back'));
CREATE FUNCTION refuse_more_send_backs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.stage = 'sent_back' AND OLD.stage <> 'sent_back' AND NEW.send_backs <> OLD.send_backs + 1)
        OR (NEW.send_backs < OLD.send_backs AND NOT (OLD.stage = 'imported' AND NEW.stage = 'in_review')) THEN
        RAISE EXCEPTION 'case_file is sent back three times at most';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER case_file_counts_what_is_sent_back BEFORE UPDATE ON case_file
FOR EACH ROW EXECUTE FUNCTION refuse_more_send_backs();

-- 「窓口代行入力」 Who typed a paper form in, and who has held it against the paper: another person, before it is accepted.
-- `entry_news`: when something was put right that the typist has not read yet.
ALTER TABLE case_file ADD COLUMN typed_by BYTEA REFERENCES staff (staff_id);
ALTER TABLE case_file ADD COLUMN checked_by BYTEA REFERENCES staff (staff_id);
ALTER TABLE case_file ADD COLUMN entry_news BIGINT;
ALTER TABLE case_file ADD CONSTRAINT case_file_is_checked_by_another
    CHECK (checked_by IS NULL OR (typed_by IS NOT NULL AND checked_by <> typed_by));
ALTER TABLE case_file ADD CONSTRAINT case_file_is_accepted_when_checked
    CHECK (channel <> 'counter' OR checked_by IS NOT NULL
        OR stage NOT IN ('accepted', 'confirmed', 'handed_over', 'held', 'imported'));
CREATE INDEX case_file_by_typist ON case_file (typed_by, filed_at, case_id) WHERE typed_by IS NOT NULL;
CREATE FUNCTION refuse_another_typist() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.checked_by IS NOT NULL THEN
            RAISE EXCEPTION 'case_file was not checked against the paper';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.typed_by IS NOT NULL AND NEW.typed_by IS DISTINCT FROM OLD.typed_by)
        OR (OLD.checked_by IS NOT NULL AND NEW.checked_by IS DISTINCT FROM OLD.checked_by)
        OR NEW.channel <> OLD.channel THEN
        RAISE EXCEPTION 'case_file keeps who typed it in and who checked it';
    END IF;
    IF NEW.checked_by IS NOT NULL AND OLD.checked_by IS NULL AND EXISTS (SELECT 1 FROM staff AS typist
        JOIN staff AS checker ON checker.person_id = typist.person_id
        WHERE typist.staff_id = NEW.typed_by AND checker.staff_id = NEW.checked_by) THEN
        RAISE EXCEPTION 'case_file is checked by another person';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER case_file_keeps_who_typed_and_checked BEFORE INSERT OR UPDATE ON case_file
FOR EACH ROW EXECUTE FUNCTION refuse_another_typist();

-- 「窓口代行入力」 What a member of staff is typing in, one of each form.
CREATE TABLE counter_draft (
    draft_id BYTEA NOT NULL PRIMARY KEY CHECK (length(draft_id) = 16),
    staff_id BYTEA NOT NULL REFERENCES staff (staff_id),
    form_id TEXT NOT NULL,
    form_version BIGINT NOT NULL,
    form_sha256 TEXT NOT NULL,
    wrapped_key BYTEA NOT NULL,
    sheet_sealed BYTEA NOT NULL,
    version BIGINT NOT NULL,
    saved_by TEXT,
    audited_session BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE (staff_id, form_id)
);
CREATE INDEX counter_draft_by_end ON counter_draft (expires_at);
