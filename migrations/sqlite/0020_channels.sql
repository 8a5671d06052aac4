-- 「他の経路」 One foreign number is one case. Both indexes are keyed: without the master key nothing is found by them.
CREATE TABLE foreign_filing (
    number_index BLOB NOT NULL PRIMARY KEY CHECK (length(number_index) = 32),
    case_id BLOB NOT NULL UNIQUE REFERENCES case_file (case_id),
    content_index BLOB NOT NULL,
    file_sha256 BLOB NOT NULL CHECK (length(file_sha256) = 32),
    taken_in_at INTEGER NOT NULL
) STRICT;

-- Whom a case is about, to point out that another may be of the same person.
CREATE TABLE case_person (
    case_id BLOB NOT NULL REFERENCES case_file (case_id),
    kind TEXT NOT NULL CHECK (kind IN ('name', 'kana', 'certificate')),
    person_index BLOB NOT NULL CHECK (length(person_index) = 32),
    PRIMARY KEY (case_id, kind)
) STRICT;
CREATE INDEX case_person_by_index ON case_person (person_index);
