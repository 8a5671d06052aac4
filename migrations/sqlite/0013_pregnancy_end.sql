-- 「妊娠の終了」 That nothing of the pregnancy is to be written to a parent any more, since when, and who said so.
CREATE TABLE pregnancy_end (
    account_id BLOB NOT NULL PRIMARY KEY REFERENCES account (account_id),
    told_at INTEGER NOT NULL,
    told_by_kind TEXT NOT NULL CHECK (told_by_kind IN ('citizen', 'staff')),
    told_by BLOB NOT NULL
) STRICT;
