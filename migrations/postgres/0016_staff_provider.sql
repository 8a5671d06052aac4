-- 「共通基盤」 Which member of staff the city's own provider means: the provider's name for the person stands here as a keyed hash only.
CREATE TABLE staff_identity (
    subject_hash BYTEA NOT NULL PRIMARY KEY,
    staff_id BYTEA NOT NULL UNIQUE REFERENCES staff (staff_id),
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    -- When the provider last said that she is signed out: no sign-in that was begun before counts.
    signed_out_at BIGINT
);

-- Which session of the provider a session here began with (`sid`), as a keyed hash, so that the provider can end it.
CREATE TABLE staff_provider_session (
    session_hash BYTEA NOT NULL PRIMARY KEY REFERENCES session (session_hash) ON DELETE CASCADE ON UPDATE CASCADE,
    sid_hash BYTEA NOT NULL
);
CREATE INDEX staff_provider_session_by_sid ON staff_provider_session (sid_hash);
