-- 「同じ方・重複の可能性」 The telephone is a trace of a person, too.
CREATE TABLE case_person_traced (
    case_id BLOB NOT NULL REFERENCES case_file (case_id),
    kind TEXT NOT NULL CHECK (kind IN ('name', 'name_word', 'kana', 'kana_birthdate', 'birthdate', 'phone', 'certificate')),
    person_index BLOB NOT NULL CHECK (length(person_index) = 32),
    PRIMARY KEY (case_id, kind)
) STRICT;
INSERT INTO case_person_traced SELECT case_id, kind, person_index FROM case_person;
DROP TABLE case_person;
ALTER TABLE case_person_traced RENAME TO case_person;
CREATE INDEX case_person_by_index ON case_person (person_index);

-- Two filings that may be of one person and one pregnancy, once: what points there, and what a person has said. The note is
-- sealed with the key of the first and goes with the content of either.
CREATE TABLE case_pair (
    one_case BLOB NOT NULL REFERENCES case_file (case_id),
    other_case BLOB NOT NULL REFERENCES case_file (case_id),
    reasons TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'joined', 'apart')),
    found_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    stands_case BLOB,
    settled_by BLOB REFERENCES staff (staff_id),
    settled_at INTEGER,
    note_sealed BLOB,
    PRIMARY KEY (one_case, other_case),
    CHECK (one_case < other_case),
    CHECK ((state = 'open') = (settled_by IS NULL)),
    CHECK ((settled_by IS NULL) = (settled_at IS NULL)),
    CHECK ((state = 'joined') = (stands_case IS NOT NULL)),
    CHECK (stands_case IS NULL OR stands_case = one_case OR stands_case = other_case)
) STRICT;
CREATE INDEX case_pair_by_other ON case_pair (other_case);

-- Filings that are to be looked at once more: two that came at the same moment did not see each other, and those from before
-- pairs were kept were never looked at.
CREATE TABLE pair_search (
    case_id BLOB NOT NULL PRIMARY KEY REFERENCES case_file (case_id)
) STRICT;
INSERT INTO pair_search (case_id)
    SELECT case_id FROM case_file WHERE compartment = 'general' AND erased_at IS NULL AND stage NOT IN ('declined', 'withdrawn');
