-- 「先の届出」 The case that a case follows: an アンケート its 妊娠届.
ALTER TABLE case_file ADD COLUMN follows_case_id BYTEA REFERENCES case_file (case_id);
CREATE INDEX case_file_by_followed ON case_file (follows_case_id) WHERE follows_case_id IS NOT NULL;
