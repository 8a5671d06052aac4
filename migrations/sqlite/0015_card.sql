-- 「マイナアプリ」 Whose card an account belongs to: one person, one account. The provider's name for the person stands here as a
-- keyed hash only.
CREATE TABLE card (
    subject_hash BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL UNIQUE REFERENCES account (account_id),
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL
) STRICT;

-- What was read from the card at a sign-in, sealed; it goes with the session.
CREATE TABLE card_reading (
    session_hash BLOB NOT NULL PRIMARY KEY REFERENCES session (session_hash) ON DELETE CASCADE ON UPDATE CASCADE,
    wrapped_key BLOB NOT NULL,
    facts_sealed BLOB NOT NULL
) STRICT;
