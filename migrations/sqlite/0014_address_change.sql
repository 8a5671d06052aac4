-- 「アドレスの変更」 A new mail address that waits for its code: the parent's own wish, or the way back in at the counter, which one
-- member of staff proposes and another confirms.
CREATE TABLE address_change (
    account_id BLOB NOT NULL REFERENCES account (account_id),
    way TEXT NOT NULL CHECK (way IN ('own', 'counter')),
    wrapped_key BLOB NOT NULL,
    mail_index BLOB NOT NULL,
    mail_sealed BLOB NOT NULL,
    code_mac BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    proposed_by BLOB REFERENCES staff (staff_id),
    person_seen TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, way),
    CHECK ((way = 'counter') = (proposed_by IS NOT NULL AND person_seen IS NOT NULL))
) STRICT;
CREATE INDEX address_change_by_end ON address_change (expires_at);
