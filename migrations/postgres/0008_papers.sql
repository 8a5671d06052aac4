-- 「写真・書類」 Papers, in pieces, each sealed with a key of its own that is sealed with the key of its draft or case.
-- `coming`: pieces of an upload, as they were sent; from then on the pieces are what is kept.
CREATE TABLE paper (
    paper_id BYTEA NOT NULL PRIMARY KEY CHECK (length(paper_id) = 16),
    draft_id BYTEA REFERENCES draft (draft_id) ON DELETE CASCADE,
    case_id BYTEA REFERENCES case_file (case_id) ON DELETE CASCADE,
    place BIGINT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('coming', 'pending', 'clean', 'quarantined', 'error')),
    key_sealed BYTEA NOT NULL,
    content_mac BYTEA,
    media_type TEXT,
    bytes BIGINT NOT NULL,
    arrived BIGINT NOT NULL,
    sha256_sealed BYTEA,
    sent_rev BIGINT,
    added_at BIGINT NOT NULL,
    touched_at BIGINT NOT NULL,
    scan_at BIGINT,
    scans BIGINT NOT NULL DEFAULT 0,
    UNIQUE (draft_id, kind, content_mac),
    UNIQUE (case_id, kind, content_mac),
    CHECK ((draft_id IS NULL) <> (case_id IS NULL)),
    CHECK (sent_rev IS NULL OR case_id IS NOT NULL),
    CHECK (arrived BETWEEN 0 AND bytes)
);
CREATE INDEX paper_to_scan ON paper (scan_at) WHERE scan_at IS NOT NULL;
CREATE INDEX paper_unsent ON paper (touched_at) WHERE sent_rev IS NULL;

CREATE TABLE paper_piece (
    paper_id BYTEA NOT NULL REFERENCES paper (paper_id) ON DELETE CASCADE,
    piece_no BIGINT NOT NULL,
    piece_sealed BYTEA NOT NULL,
    PRIMARY KEY (paper_id, piece_no)
);
