-- The first tables. The same numbers, names and columns stand in ../sqlite. Instants are microseconds in UTC, days are
-- text YYYY-MM-DD, `…_sealed` is readable with the row's own key only.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END;
$$;

CREATE TABLE installation (
    name TEXT NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

CREATE TABLE account (
    account_id BYTEA NOT NULL PRIMARY KEY CHECK (length(account_id) = 16),
    mail_index BYTEA NOT NULL UNIQUE,
    wrapped_key BYTEA NOT NULL,
    mail_sealed BYTEA NOT NULL,
    locale TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    closed_at BIGINT
);

CREATE TABLE staff (
    staff_id BYTEA NOT NULL PRIMARY KEY CHECK (length(staff_id) = 16),
    user_id TEXT NOT NULL UNIQUE,
    person_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('clerk', 'nurse', 'administrator', 'auditor')),
    password_hash TEXT,
    password_set_at BIGINT,
    failed_attempts BIGINT NOT NULL DEFAULT 0,
    locked_until BIGINT,
    disabled_at BIGINT,
    valid_from BIGINT,
    valid_to BIGINT,
    created_at BIGINT NOT NULL,
    last_sign_in_at BIGINT
);

CREATE TABLE staff_invitation (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    staff_id BYTEA NOT NULL REFERENCES staff (staff_id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX staff_invitation_by_staff ON staff_invitation (staff_id);

CREATE TABLE session (
    session_hash BYTEA NOT NULL PRIMARY KEY,
    plane TEXT NOT NULL CHECK (plane IN ('citizen', 'staff')),
    account_id BYTEA REFERENCES account (account_id),
    staff_id BYTEA REFERENCES staff (staff_id),
    method TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    step_up_at BIGINT,
    expires_at BIGINT NOT NULL,
    CHECK ((plane = 'citizen' AND account_id IS NOT NULL AND staff_id IS NULL)
        OR (plane = 'staff' AND staff_id IS NOT NULL AND account_id IS NULL))
);
CREATE INDEX session_by_staff ON session (staff_id);
CREATE INDEX session_by_account ON session (account_id);
CREATE INDEX session_by_end ON session (expires_at);

CREATE TABLE sign_in_code (
    browser_hash BYTEA NOT NULL PRIMARY KEY,
    mail_index BYTEA NOT NULL,
    wrapped_key BYTEA NOT NULL,
    mail_sealed BYTEA NOT NULL,
    code_mac BYTEA NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sign_in_code_by_end ON sign_in_code (expires_at);

-- One row for every code sent, so that asking again does not make the count forget.
CREATE TABLE code_sent (
    mail_index BYTEA NOT NULL,
    sent_at BIGINT NOT NULL
);
CREATE INDEX code_sent_by_mail ON code_sent (mail_index, sent_at);
CREATE INDEX code_sent_by_time ON code_sent (sent_at);

CREATE TABLE passkey (
    passkey_id BYTEA NOT NULL PRIMARY KEY CHECK (length(passkey_id) = 16),
    account_id BYTEA REFERENCES account (account_id),
    staff_id BYTEA REFERENCES staff (staff_id),
    credential_id BYTEA NOT NULL UNIQUE,
    credential TEXT NOT NULL,
    label TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    CHECK ((account_id IS NULL) <> (staff_id IS NULL))
);
CREATE INDEX passkey_by_account ON passkey (account_id);
CREATE INDEX passkey_by_staff ON passkey (staff_id);

CREATE TABLE ceremony (
    ceremony_hash BYTEA NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    subject TEXT,
    state BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX ceremony_by_end ON ceremony (expires_at);

CREATE TABLE draft (
    draft_id BYTEA NOT NULL PRIMARY KEY CHECK (length(draft_id) = 16),
    account_id BYTEA REFERENCES account (account_id),
    browser_hash BYTEA,
    form_id TEXT NOT NULL,
    form_version BIGINT NOT NULL,
    wrapped_key BYTEA NOT NULL,
    answers_sealed BYTEA NOT NULL,
    version BIGINT NOT NULL,
    audited_session BYTEA,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE (account_id, form_id),
    UNIQUE (browser_hash, form_id),
    CHECK ((account_id IS NULL) <> (browser_hash IS NULL))
);
CREATE INDEX draft_by_end ON draft (expires_at);

CREATE TABLE case_file (
    case_id BYTEA NOT NULL PRIMARY KEY CHECK (length(case_id) = 16),
    receipt_number TEXT NOT NULL UNIQUE,
    draft_id BYTEA NOT NULL UNIQUE,
    account_id BYTEA REFERENCES account (account_id),
    form_id TEXT NOT NULL,
    form_version BIGINT NOT NULL,
    form_sha256 TEXT NOT NULL,
    channel TEXT NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('submitted', 'in_review', 'sent_back', 'visit_needed', 'accepted',
        'decline_proposed', 'confirmed', 'handed_over', 'held', 'imported', 'declined', 'withdrawn')),
    holder BYTEA REFERENCES staff (staff_id),
    proposed_by BYTEA REFERENCES staff (staff_id),
    accepted_by BYTEA REFERENCES staff (staff_id),
    accepted_at BIGINT,
    confirmed_by BYTEA REFERENCES staff (staff_id),
    confirmed_at BIGINT,
    correction_due_on TEXT,
    version BIGINT NOT NULL,
    rev BIGINT NOT NULL CHECK (rev >= 1),
    wrapped_key BYTEA,
    filed_at BIGINT NOT NULL,
    stage_since BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    erased_at BIGINT,
    CHECK (accepted_by <> confirmed_by),
    CHECK ((wrapped_key IS NULL) = (erased_at IS NOT NULL))
);
CREATE INDEX case_file_by_stage ON case_file (stage, filed_at, case_id);
CREATE INDEX case_file_by_holder ON case_file (holder, stage, filed_at, case_id);
CREATE INDEX case_file_by_account ON case_file (account_id, filed_at);

CREATE TABLE case_revision (
    case_id BYTEA NOT NULL REFERENCES case_file (case_id),
    rev BIGINT NOT NULL,
    answers_sealed BYTEA NOT NULL,
    author_kind TEXT NOT NULL CHECK (author_kind IN ('citizen', 'staff', 'portal')),
    author_id BYTEA,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (case_id, rev)
);

CREATE TABLE case_office (
    case_id BYTEA NOT NULL PRIMARY KEY REFERENCES case_file (case_id),
    office_sealed BYTEA NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE case_event (
    case_id BYTEA NOT NULL REFERENCES case_file (case_id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    command TEXT NOT NULL,
    actor_kind TEXT NOT NULL CHECK (actor_kind IN ('citizen', 'staff', 'portal')),
    actor_id BYTEA,
    from_stage TEXT,
    to_stage TEXT NOT NULL,
    rev BIGINT NOT NULL,
    detail_sealed BYTEA,
    PRIMARY KEY (case_id, seq)
);
CREATE TRIGGER case_event_stays_as_it_is BEFORE UPDATE ON case_event
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_event_stays BEFORE DELETE ON case_event
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_event_stays_whole BEFORE TRUNCATE ON case_event
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE outbox (
    outbox_id BYTEA NOT NULL PRIMARY KEY CHECK (length(outbox_id) = 16),
    kind TEXT NOT NULL,
    locale TEXT NOT NULL,
    wrapped_key BYTEA NOT NULL,
    to_sealed BYTEA NOT NULL,
    payload_sealed BYTEA NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'refused')),
    attempts BIGINT NOT NULL DEFAULT 0,
    next_at BIGINT NOT NULL,
    lease_until BIGINT,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    sent_at BIGINT
);
CREATE INDEX outbox_by_turn ON outbox (state, next_at);
CREATE INDEX outbox_by_time ON outbox (created_at);

CREATE TABLE audit_head (
    head_id BIGINT NOT NULL PRIMARY KEY CHECK (head_id = 1),
    seq BIGINT NOT NULL,
    entry_hash BYTEA NOT NULL
);
INSERT INTO audit_head (head_id, seq, entry_hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'));

CREATE TABLE audit_entry (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    deed TEXT NOT NULL,
    subject_kind TEXT,
    subject_id TEXT,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    request_id TEXT,
    entry_hash BYTEA NOT NULL
);
CREATE INDEX audit_entry_by_subject ON audit_entry (subject_kind, subject_id, seq);
CREATE INDEX audit_entry_by_actor ON audit_entry (actor_kind, actor_id, seq);
CREATE INDEX audit_entry_by_time ON audit_entry (at, seq);
CREATE TRIGGER audit_entry_stays_as_it_is BEFORE UPDATE ON audit_entry
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entry_stays_whole BEFORE TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE destination (
    destination_id TEXT NOT NULL PRIMARY KEY,
    public_json TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE signing_key (
    kid TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    wrapped_key BYTEA NOT NULL,
    private_sealed BYTEA NOT NULL,
    public_jwk TEXT NOT NULL,
    announced_at BIGINT NOT NULL,
    active_at BIGINT,
    retired_at BIGINT
);

CREATE TABLE batch (
    destination_id TEXT NOT NULL REFERENCES destination (destination_id),
    seq BIGINT NOT NULL CHECK (seq >= 1),
    manifest BYTEA NOT NULL,
    manifest_sha256 TEXT NOT NULL,
    keys_document BYTEA NOT NULL,
    entry_count BIGINT NOT NULL,
    byte_count BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    settled_at BIGINT,
    PRIMARY KEY (destination_id, seq)
);

CREATE TABLE batch_file (
    destination_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    byte_count BIGINT NOT NULL,
    content BYTEA,
    PRIMARY KEY (destination_id, seq, name),
    FOREIGN KEY (destination_id, seq) REFERENCES batch (destination_id, seq)
);

CREATE TABLE batch_entry (
    destination_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    receipt_number TEXT NOT NULL,
    rev BIGINT NOT NULL,
    case_id BYTEA NOT NULL REFERENCES case_file (case_id),
    result TEXT CHECK (result IN ('imported', 'held', 'rejected')),
    reason TEXT,
    settled_at BIGINT,
    PRIMARY KEY (destination_id, receipt_number, rev),
    FOREIGN KEY (destination_id, seq) REFERENCES batch (destination_id, seq)
);
CREATE INDEX batch_entry_by_batch ON batch_entry (destination_id, seq);

CREATE TABLE destination_receipt (
    destination_id TEXT NOT NULL REFERENCES destination (destination_id),
    jti TEXT NOT NULL,
    seq BIGINT NOT NULL,
    document BYTEA NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (destination_id, jti)
);

CREATE TABLE seen_token (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX seen_token_by_end ON seen_token (expires_at);
