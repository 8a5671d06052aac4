-- 「処理期限」 When the time is nearly up; what was left when the clock stopped, and how long the office has worked, as working time in
-- microseconds; when a case that stayed overdue was told to somebody.
ALTER TABLE case_file ADD COLUMN soon_at BIGINT;
ALTER TABLE case_file ADD COLUMN time_left BIGINT;
ALTER TABLE case_file ADD COLUMN worked BIGINT NOT NULL DEFAULT 0;
ALTER TABLE case_file ADD COLUMN overdue_told_at BIGINT;
CREATE INDEX case_file_due_to_move ON case_file (due_at) WHERE due_at IS NOT NULL AND lateness <> 'overdue';
CREATE INDEX case_file_soon_to_move ON case_file (soon_at) WHERE soon_at IS NOT NULL AND lateness = 'in_time';
CREATE INDEX case_file_overdue_untold ON case_file (due_at) WHERE lateness = 'overdue' AND overdue_told_at IS NULL;
-- Cases of before this version; empty once the worker has been here.
CREATE INDEX case_file_without_clock ON case_file (case_id) WHERE due_at IS NULL
    AND stage IN ('submitted', 'in_review', 'accepted', 'decline_proposed', 'confirmed', 'handed_over', 'held');

-- 「確認の仕事」 What a member of staff is to look after. Why stands in the case.
CREATE TABLE staff_task (
    task_id BYTEA NOT NULL PRIMARY KEY,
    case_id BYTEA NOT NULL REFERENCES case_file (case_id),
    compartment TEXT NOT NULL CHECK (compartment IN ('general', 'epds')),
    kind TEXT NOT NULL CHECK (kind IN ('epds', 'overdue')),
    for_role TEXT NOT NULL,
    owner_id BYTEA REFERENCES staff (staff_id),
    opened_at BIGINT NOT NULL,
    take_by BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    taken_at BIGINT,
    told_at BIGINT,
    escalated_at BIGINT,
    -- When the second channel is to be used, if mail does not do it.
    alert_at BIGINT,
    alerted_at BIGINT,
    done_at BIGINT,
    done_by BYTEA REFERENCES staff (staff_id),
    done_sealed BYTEA,
    CHECK ((done_by IS NULL) = (done_sealed IS NULL)),
    CHECK (done_at IS NOT NULL OR done_by IS NULL)
);
CREATE UNIQUE INDEX staff_task_once ON staff_task (case_id, kind) WHERE done_at IS NULL;
CREATE INDEX staff_task_open ON staff_task (compartment, due_at, task_id) WHERE done_at IS NULL;
CREATE INDEX staff_task_done ON staff_task (compartment, done_at, task_id) WHERE done_at IS NOT NULL;

-- 「当番」 Which public health nurse is on duty, and until when.
CREATE TABLE staff_duty (
    staff_id BYTEA NOT NULL PRIMARY KEY REFERENCES staff (staff_id),
    since BIGINT NOT NULL,
    until BIGINT NOT NULL
);

-- 「お知らせメール」 Where a member of staff is written to, after the code that was sent there came back.
CREATE TABLE staff_mail (
    staff_id BYTEA NOT NULL PRIMARY KEY REFERENCES staff (staff_id),
    wrapped_key BYTEA NOT NULL,
    mail_sealed BYTEA NOT NULL,
    locale TEXT NOT NULL,
    wants_daily BIGINT NOT NULL DEFAULT 0,
    daily_on TEXT,
    created_at BIGINT NOT NULL
);
CREATE TABLE staff_mail_change (
    staff_id BYTEA NOT NULL PRIMARY KEY REFERENCES staff (staff_id),
    wrapped_key BYTEA NOT NULL,
    mail_sealed BYTEA NOT NULL,
    locale TEXT NOT NULL,
    code_mac BYTEA NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX staff_mail_change_by_end ON staff_mail_change (expires_at);

-- The task that a mail tells of.
ALTER TABLE outbox ADD COLUMN task_id BYTEA;
CREATE INDEX outbox_by_task ON outbox (task_id) WHERE task_id IS NOT NULL;
