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
-- PostgreSQL walks through no order behind IS NULL.
CREATE INDEX case_file_of_nobody ON case_file (compartment, stage, filed_at, case_id) WHERE holder IS NULL;
-- What is urgent is little.
CREATE INDEX case_file_by_soon ON case_file (compartment, filed_at, case_id) WHERE lateness = 'soon';
CREATE INDEX case_file_by_overdue ON case_file (compartment, filed_at, case_id) WHERE lateness = 'overdue';

-- How many cases are in each list: kept, not counted. Whatever changes a case leaves what it changed as rows of its own, so that
-- no two changes wait for one row; the worker adds them up from time to time.
CREATE TABLE queue_count (
    compartment TEXT NOT NULL,
    tally TEXT NOT NULL,
    cases INTEGER NOT NULL,
    PRIMARY KEY (compartment, tally)
) STRICT;
CREATE TABLE queue_change (
    change_id INTEGER PRIMARY KEY,
    compartment TEXT NOT NULL,
    tally TEXT NOT NULL,
    cases INTEGER NOT NULL
) STRICT;
-- Whoever adds up holds this row: one at a time.
CREATE TABLE queue_fold (
    fold_id INTEGER NOT NULL PRIMARY KEY CHECK (fold_id = 1),
    folded_at INTEGER NOT NULL
) STRICT;
INSERT INTO queue_fold (fold_id, folded_at) VALUES (1, 0);

INSERT INTO queue_count (compartment, tally, cases)
SELECT compartment, tally, COUNT(*) FROM (
    SELECT compartment, 'stage/' || stage AS tally FROM case_file
    UNION ALL SELECT compartment, 'holder/' || lower(hex(holder)) FROM case_file
        WHERE stage = 'in_review' AND holder IS NOT NULL
    UNION ALL SELECT compartment, 'overdue' FROM case_file WHERE lateness = 'overdue'
    UNION ALL SELECT compartment, 'withdrawal' FROM case_file WHERE withdrawal_asked_at IS NOT NULL
    UNION ALL SELECT compartment, 'unread' FROM case_file WHERE unread_since IS NOT NULL
) counted GROUP BY compartment, tally;
DROP TABLE unread_count;

CREATE TRIGGER case_file_is_counted AFTER INSERT ON case_file BEGIN
    INSERT INTO queue_change (compartment, tally, cases)
    SELECT NEW.compartment, 'stage/' || NEW.stage, 1
    UNION ALL SELECT NEW.compartment, 'holder/' || lower(hex(NEW.holder)), 1
        WHERE NEW.stage = 'in_review' AND NEW.holder IS NOT NULL
    UNION ALL SELECT NEW.compartment, 'overdue', 1 WHERE NEW.lateness = 'overdue'
    UNION ALL SELECT NEW.compartment, 'withdrawal', 1 WHERE NEW.withdrawal_asked_at IS NOT NULL
    UNION ALL SELECT NEW.compartment, 'unread', 1 WHERE NEW.unread_since IS NOT NULL;
END;
CREATE TRIGGER case_file_stays_counted
AFTER UPDATE OF compartment, stage, holder, lateness, withdrawal_asked_at, unread_since ON case_file BEGIN
    INSERT INTO queue_change (compartment, tally, cases)
    SELECT compartment, tally, SUM(cases) FROM (
        SELECT OLD.compartment AS compartment, 'stage/' || OLD.stage AS tally, -1 AS cases
        UNION ALL SELECT NEW.compartment, 'stage/' || NEW.stage, 1
        UNION ALL SELECT OLD.compartment, 'holder/' || lower(hex(OLD.holder)), -1
            WHERE OLD.stage = 'in_review' AND OLD.holder IS NOT NULL
        UNION ALL SELECT NEW.compartment, 'holder/' || lower(hex(NEW.holder)), 1
            WHERE NEW.stage = 'in_review' AND NEW.holder IS NOT NULL
        UNION ALL SELECT OLD.compartment, 'overdue', -1 WHERE OLD.lateness = 'overdue'
        UNION ALL SELECT NEW.compartment, 'overdue', 1 WHERE NEW.lateness = 'overdue'
        UNION ALL SELECT OLD.compartment, 'withdrawal', -1 WHERE OLD.withdrawal_asked_at IS NOT NULL
        UNION ALL SELECT NEW.compartment, 'withdrawal', 1 WHERE NEW.withdrawal_asked_at IS NOT NULL
        UNION ALL SELECT OLD.compartment, 'unread', -1 WHERE OLD.unread_since IS NOT NULL
        UNION ALL SELECT NEW.compartment, 'unread', 1 WHERE NEW.unread_since IS NOT NULL
    ) changed GROUP BY compartment, tally HAVING SUM(cases) <> 0;
END;

-- What somebody looked at last.
CREATE TABLE queue_view (
    staff_id BLOB NOT NULL PRIMARY KEY REFERENCES staff (staff_id),
    view TEXT NOT NULL,
    kept_at INTEGER NOT NULL
) STRICT;

-- 「探す」 Keyed indexes of what a case can be found by. The names of these columns are not those of case_file, which they stand
-- beside. `word_index` is cut to 16 bytes.
CREATE TABLE case_word (
    word_index BLOB NOT NULL CHECK (length(word_index) = 16),
    found_filed_at INTEGER NOT NULL,
    found_case BLOB NOT NULL REFERENCES case_file (case_id),
    PRIMARY KEY (word_index, found_filed_at, found_case)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_word_by_case ON case_word (found_case);

-- Further kinds of indexes of a person.
CREATE TABLE case_person_anew (
    case_id BLOB NOT NULL REFERENCES case_file (case_id),
    kind TEXT NOT NULL CHECK (kind IN ('name', 'name_word', 'kana', 'kana_birthdate', 'birthdate', 'phone', 'certificate')),
    person_index BLOB NOT NULL CHECK (length(person_index) = 32),
    PRIMARY KEY (case_id, kind)
) STRICT;
INSERT INTO case_person_anew SELECT case_id, kind, person_index FROM case_person;
DROP TABLE case_person;
ALTER TABLE case_person_anew RENAME TO case_person;
CREATE INDEX case_person_by_index ON case_person (person_index);
