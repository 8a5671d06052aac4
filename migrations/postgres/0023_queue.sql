-- 「受付一覧」 The queue: one walk through an index for each list, order and filter, with what else can be asked for behind it.
DROP INDEX case_file_by_compartment;
CREATE INDEX case_file_by_arrival ON case_file (compartment, stage, filed_at, case_id, form_id, channel, holder);
CREATE INDEX case_file_by_deadline ON case_file
    (compartment, stage, COALESCE(due_at, 9223372036854775807), case_id, filed_at, form_id, channel, holder);
CREATE INDEX case_file_by_stage_since ON case_file
    (compartment, stage, stage_since, case_id, filed_at, form_id, channel, holder);
CREATE INDEX case_file_of_form ON case_file (compartment, stage, form_id, filed_at, case_id, channel, holder);
CREATE INDEX case_file_of_channel ON case_file (compartment, stage, channel, filed_at, case_id, form_id, holder);
DROP INDEX case_file_by_holder;
CREATE INDEX case_file_by_holder ON case_file (holder, compartment, stage, filed_at, case_id, form_id, channel);
-- What is urgent is little.
CREATE INDEX case_file_by_soon ON case_file (compartment, filed_at, case_id) WHERE lateness = 'soon';
CREATE INDEX case_file_by_overdue ON case_file (compartment, filed_at, case_id) WHERE lateness = 'overdue';

-- How many cases are in each list: kept, not counted. Whatever changes a case leaves what it changed as rows of its own, so that
-- no two changes wait for one row; the worker adds them up from time to time.
CREATE TABLE queue_count (
    compartment TEXT NOT NULL,
    tally TEXT NOT NULL,
    cases BIGINT NOT NULL,
    PRIMARY KEY (compartment, tally)
);
CREATE TABLE queue_change (
    change_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    compartment TEXT NOT NULL,
    tally TEXT NOT NULL,
    cases BIGINT NOT NULL
);
-- Whoever adds up holds this row: one at a time.
CREATE TABLE queue_fold (
    fold_id BIGINT NOT NULL PRIMARY KEY CHECK (fold_id = 1),
    folded_at BIGINT NOT NULL
);
INSERT INTO queue_fold (fold_id, folded_at) VALUES (1, 0);

-- The lists that a case is in.
CREATE FUNCTION queue_tallies(one case_file) RETURNS TABLE (tally TEXT) LANGUAGE sql IMMUTABLE AS $$
    SELECT 'stage/' || one.stage
    UNION ALL SELECT 'holder/' || encode(one.holder, 'hex') WHERE one.stage = 'in_review' AND one.holder IS NOT NULL
    UNION ALL SELECT 'overdue' WHERE one.lateness = 'overdue'
    UNION ALL SELECT 'withdrawal' WHERE one.withdrawal_asked_at IS NOT NULL
    UNION ALL SELECT 'unread' WHERE one.unread_since IS NOT NULL;
$$;
INSERT INTO queue_count (compartment, tally, cases)
SELECT compartment, tally, COUNT(*) FROM case_file, queue_tallies(case_file) GROUP BY compartment, tally;
DROP TABLE unread_count;

CREATE FUNCTION count_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO queue_change (compartment, tally, cases) SELECT NEW.compartment, tally, 1 FROM queue_tallies(NEW);
    ELSE
        INSERT INTO queue_change (compartment, tally, cases)
        SELECT compartment, tally, SUM(cases) FROM (
            SELECT OLD.compartment AS compartment, tally, -1 AS cases FROM queue_tallies(OLD)
            UNION ALL SELECT NEW.compartment, tally, 1 FROM queue_tallies(NEW)
        ) changed GROUP BY compartment, tally HAVING SUM(cases) <> 0;
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER case_file_is_counted AFTER INSERT ON case_file FOR EACH ROW EXECUTE FUNCTION count_case();
CREATE TRIGGER case_file_stays_counted
AFTER UPDATE OF compartment, stage, holder, lateness, withdrawal_asked_at, unread_since ON case_file
FOR EACH ROW EXECUTE FUNCTION count_case();

-- What somebody looked at last.
CREATE TABLE staff_view (
    staff_id BYTEA NOT NULL PRIMARY KEY REFERENCES staff (staff_id),
    view TEXT NOT NULL,
    kept_at BIGINT NOT NULL
);

-- 「探す」 Keyed indexes of what a case can be found by. The names of these columns are not those of case_file, which they stand
-- beside. `word_index` is cut to 16 bytes.
CREATE TABLE case_word (
    word_index BYTEA NOT NULL CHECK (length(word_index) = 16),
    found_filed_at BIGINT NOT NULL,
    found_case BYTEA NOT NULL REFERENCES case_file (case_id),
    PRIMARY KEY (word_index, found_filed_at, found_case)
);
CREATE INDEX case_word_by_case ON case_word (found_case);

-- Further kinds of indexes of a person.
ALTER TABLE case_person DROP CONSTRAINT case_person_kind_check;
ALTER TABLE case_person ADD CONSTRAINT case_person_kind_check
    CHECK (kind IN ('name', 'name_word', 'kana', 'kana_birthdate', 'birthdate', 'phone', 'certificate'));
