-- The first tables. The same numbers, names and columns stand in ../postgres. Instants are microseconds in UTC, days are
-- text YYYY-MM-DD, `…_sealed` is readable with the row's own key only.

CREATE TABLE installation (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE account (
    account_id BLOB NOT NULL PRIMARY KEY CHECK (length(account_id) = 16),
    mail_index BLOB NOT NULL UNIQUE,
    wrapped_key BLOB NOT NULL,
    mail_sealed BLOB NOT NULL,
    locale TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    closed_at INTEGER
) STRICT;

CREATE TABLE staff (
    staff_id BLOB NOT NULL PRIMARY KEY CHECK (length(staff_id) = 16),
    user_id TEXT NOT NULL UNIQUE,
    person_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('clerk', 'nurse', 'administrator', 'auditor')),
    password_hash TEXT,
    password_set_at INTEGER,
    failed_attempts INTEGER NOT NULL DEFAULT 0,
    locked_until INTEGER,
    disabled_at INTEGER,
    valid_from INTEGER,
    valid_to INTEGER,
    created_at INTEGER NOT NULL,
    last_sign_in_at INTEGER
) STRICT;

CREATE TABLE staff_invitation (
    token_hash BLOB NOT NULL PRIMARY KEY,
    staff_id BLOB NOT NULL REFERENCES staff (staff_id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
CREATE INDEX staff_invitation_by_staff ON staff_invitation (staff_id);

CREATE TABLE session (
    session_hash BLOB NOT NULL PRIMARY KEY,
    plane TEXT NOT NULL CHECK (plane IN ('citizen', 'staff')),
    account_id BLOB REFERENCES account (account_id),
    staff_id BLOB REFERENCES staff (staff_id),
    method TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    step_up_at INTEGER,
    expires_at INTEGER NOT NULL,
    CHECK ((plane = 'citizen' AND account_id IS NOT NULL AND staff_id IS NULL)
        OR (plane = 'staff' AND staff_id IS NOT NULL AND account_id IS NULL))
) STRICT;
CREATE INDEX session_by_staff ON session (staff_id);
CREATE INDEX session_by_account ON session (account_id);
CREATE INDEX session_by_end ON session (expires_at);

CREATE TABLE sign_in_code (
    browser_hash BLOB NOT NULL PRIMARY KEY,
    mail_index BLOB NOT NULL,
    wrapped_key BLOB NOT NULL,
    mail_sealed BLOB NOT NULL,
    code_mac BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_code_by_end ON sign_in_code (expires_at);

-- One row for every code sent, so that asking again does not make the count forget.
CREATE TABLE code_sent (
    mail_index BLOB NOT NULL,
    sent_at INTEGER NOT NULL
) STRICT;
CREATE INDEX code_sent_by_mail ON code_sent (mail_index, sent_at);
CREATE INDEX code_sent_by_time ON code_sent (sent_at);

CREATE TABLE passkey (
    passkey_id BLOB NOT NULL PRIMARY KEY CHECK (length(passkey_id) = 16),
    account_id BLOB REFERENCES account (account_id),
    staff_id BLOB REFERENCES staff (staff_id),
    credential_id BLOB NOT NULL UNIQUE,
    credential TEXT NOT NULL,
    label TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    CHECK ((account_id IS NULL) <> (staff_id IS NULL))
) STRICT;
CREATE INDEX passkey_by_account ON passkey (account_id);
CREATE INDEX passkey_by_staff ON passkey (staff_id);

CREATE TABLE ceremony (
    ceremony_hash BLOB NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    subject TEXT,
    state BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ceremony_by_end ON ceremony (expires_at);

CREATE TABLE draft (
    draft_id BLOB NOT NULL PRIMARY KEY CHECK (length(draft_id) = 16),
    account_id BLOB REFERENCES account (account_id),
    browser_hash BLOB,
    form_id TEXT NOT NULL,
    form_version INTEGER NOT NULL,
    wrapped_key BLOB NOT NULL,
    answers_sealed BLOB NOT NULL,
    version INTEGER NOT NULL,
    audited_session BLOB,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (account_id, form_id),
    UNIQUE (browser_hash, form_id),
    CHECK ((account_id IS NULL) <> (browser_hash IS NULL))
) STRICT;
CREATE INDEX draft_by_end ON draft (expires_at);

CREATE TABLE case_file (
    case_id BLOB NOT NULL PRIMARY KEY CHECK (length(case_id) = 16),
    receipt_number TEXT NOT NULL UNIQUE,
    draft_id BLOB NOT NULL UNIQUE,
    account_id BLOB REFERENCES account (account_id),
    form_id TEXT NOT NULL,
    form_version INTEGER NOT NULL,
    form_sha256 TEXT NOT NULL,
    channel TEXT NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('submitted', 'in_review', 'sent_back', 'visit_needed', 'accepted',
        'decline_proposed', 'confirmed', 'handed_over', 'held', 'imported', 'declined', 'withdrawn')),
    holder BLOB REFERENCES staff (staff_id),
    proposed_by BLOB REFERENCES staff (staff_id),
    accepted_by BLOB REFERENCES staff (staff_id),
    accepted_at INTEGER,
    confirmed_by BLOB REFERENCES staff (staff_id),
    confirmed_at INTEGER,
    correction_due_on TEXT,
    version INTEGER NOT NULL,
    rev INTEGER NOT NULL CHECK (rev >= 1),
    wrapped_key BLOB,
    filed_at INTEGER NOT NULL,
    stage_since INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    erased_at INTEGER,
    CHECK (accepted_by <> confirmed_by),
    CHECK ((wrapped_key IS NULL) = (erased_at IS NOT NULL))
) STRICT;
CREATE INDEX case_file_by_stage ON case_file (stage, filed_at, case_id);
CREATE INDEX case_file_by_holder ON case_file (holder, stage, filed_at, case_id);
CREATE INDEX case_file_by_account ON case_file (account_id, filed_at);

CREATE TABLE case_revision (
    case_id BLOB NOT NULL REFERENCES case_file (case_id),
    rev INTEGER NOT NULL,
    answers_sealed BLOB NOT NULL,
    author_kind TEXT NOT NULL CHECK (author_kind IN ('citizen', 'staff', 'portal')),
    author_id BLOB,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (case_id, rev)
) STRICT;

CREATE TABLE case_office (
    case_id BLOB NOT NULL PRIMARY KEY REFERENCES case_file (case_id),
    office_sealed BLOB NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE case_event (
    case_id BLOB NOT NULL REFERENCES case_file (case_id),
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    command TEXT NOT NULL,
    actor_kind TEXT NOT NULL CHECK (actor_kind IN ('citizen', 'staff', 'portal')),
    actor_id BLOB,
    from_stage TEXT,
    to_stage TEXT NOT NULL,
    rev INTEGER NOT NULL,
    detail_sealed BLOB,
    PRIMARY KEY (case_id, seq)
) STRICT;
CREATE TRIGGER case_event_stays_as_it_is BEFORE UPDATE ON case_event
BEGIN SELECT RAISE(ABORT, 'case_event is append-only'); END;
CREATE TRIGGER case_event_stays BEFORE DELETE ON case_event
BEGIN SELECT RAISE(ABORT, 'case_event is append-only'); END;

CREATE TABLE outbox (
    outbox_id BLOB NOT NULL PRIMARY KEY CHECK (length(outbox_id) = 16),
    kind TEXT NOT NULL,
    locale TEXT NOT NULL,
    wrapped_key BLOB NOT NULL,
    to_sealed BLOB NOT NULL,
    payload_sealed BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'refused')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    lease_until INTEGER,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    sent_at INTEGER
) STRICT;
CREATE INDEX outbox_by_turn ON outbox (state, next_at);
CREATE INDEX outbox_by_time ON outbox (created_at);

CREATE TABLE audit_head (
    head_id INTEGER NOT NULL PRIMARY KEY CHECK (head_id = 1),
    seq INTEGER NOT NULL,
    entry_hash BLOB NOT NULL
) STRICT;
INSERT INTO audit_head (head_id, seq, entry_hash) VALUES (1, 0, zeroblob(32));

CREATE TABLE audit_entry (
    seq INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    deed TEXT NOT NULL,
    subject_kind TEXT,
    subject_id TEXT,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    request_id TEXT,
    entry_hash BLOB NOT NULL
) STRICT;
CREATE INDEX audit_entry_by_subject ON audit_entry (subject_kind, subject_id, seq);
CREATE INDEX audit_entry_by_actor ON audit_entry (actor_kind, actor_id, seq);
CREATE INDEX audit_entry_by_time ON audit_entry (at, seq);
CREATE TRIGGER audit_entry_stays_as_it_is BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;
CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;

CREATE TABLE destination (
    destination_id TEXT NOT NULL PRIMARY KEY,
    public_json TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;

CREATE TABLE signing_key (
    kid TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    wrapped_key BLOB NOT NULL,
    private_sealed BLOB NOT NULL,
    public_jwk TEXT NOT NULL,
    announced_at INTEGER NOT NULL,
    active_at INTEGER,
    retired_at INTEGER
) STRICT;

CREATE TABLE batch (
    destination_id TEXT NOT NULL REFERENCES destination (destination_id),
    seq INTEGER NOT NULL CHECK (seq >= 1),
    manifest BLOB NOT NULL,
    manifest_sha256 TEXT NOT NULL,
    keys_document BLOB NOT NULL,
    entry_count INTEGER NOT NULL,
    byte_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    settled_at INTEGER,
    PRIMARY KEY (destination_id, seq)
) STRICT;

CREATE TABLE batch_file (
    destination_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    byte_count INTEGER NOT NULL,
    content BLOB,
    PRIMARY KEY (destination_id, seq, name),
    FOREIGN KEY (destination_id, seq) REFERENCES batch (destination_id, seq)
) STRICT;

CREATE TABLE batch_entry (
    destination_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    receipt_number TEXT NOT NULL,
    rev INTEGER NOT NULL,
    case_id BLOB NOT NULL REFERENCES case_file (case_id),
    result TEXT CHECK (result IN ('imported', 'held', 'rejected')),
    reason TEXT,
    settled_at INTEGER,
    PRIMARY KEY (destination_id, receipt_number, rev),
    FOREIGN KEY (destination_id, seq) REFERENCES batch (destination_id, seq)
) STRICT;
CREATE INDEX batch_entry_by_batch ON batch_entry (destination_id, seq);

CREATE TABLE destination_receipt (
    destination_id TEXT NOT NULL REFERENCES destination (destination_id),
    jti TEXT NOT NULL,
    seq INTEGER NOT NULL,
    document BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (destination_id, jti)
) STRICT;

CREATE TABLE seen_token (
    token_hash BLOB NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX seen_token_by_end ON seen_token (expires_at);
