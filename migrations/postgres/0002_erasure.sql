-- Finds the closed cases whose content is due to be erased without reading the others.
CREATE INDEX case_file_for_erasure ON case_file (stage, stage_since) WHERE erased_at IS NULL;
