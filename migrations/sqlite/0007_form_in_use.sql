-- Which content of a version a draft is filled in with; empty for drafts from before, of which the version is all that is known.
ALTER TABLE draft ADD COLUMN form_sha256 TEXT NOT NULL DEFAULT '';
-- Finds the versions that cases use without reading the cases.
CREATE INDEX case_file_by_form ON case_file (form_id, form_version, form_sha256) WHERE erased_at IS NULL;
