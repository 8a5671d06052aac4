-- 「マイナアプリ」 Whose card an account belongs to: one person, one account. The provider's name for the person stands here as a
-- keyed hash only.
CREATE TABLE card (
    subject_hash BYTEA NOT NULL PRIMARY KEY,
    account_id BYTEA NOT NULL UNIQUE REFERENCES account (account_id),
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL
);

-- What was read from the card at a sign-in, sealed; it goes with the session.
CREATE TABLE card_reading (
    session_hash BYTEA NOT NULL PRIMARY KEY REFERENCES session (session_hash) ON DELETE CASCADE ON UPDATE CASCADE,
    wrapped_key BYTEA NOT NULL,
    facts_sealed BYTEA NOT NULL
);
