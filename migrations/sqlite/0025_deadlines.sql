-- 「処理期限」 When the time is nearly up; what was left when the clock stopped, and how long the office has worked, as working time in
-- microseconds; when a case that stayed overdue was told to somebody.
ALTER TABLE case_file ADD COLUMN soon_at INTEGER;
ALTER TABLE case_file ADD COLUMN time_left INTEGER;
ALTER TABLE case_file ADD COLUMN worked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE case_file ADD COLUMN overdue_told_at INTEGER;
CREATE INDEX case_file_due_to_move ON case_file (due_at) WHERE due_at IS NOT NULL AND lateness <> 'overdue';
CREATE INDEX case_file_soon_to_move ON case_file (soon_at) WHERE soon_at IS NOT NULL AND lateness = 'in_time';
CREATE INDEX case_file_overdue_untold ON case_file (due_at) WHERE lateness = 'overdue' AND overdue_told_at IS NULL;
-- Cases of before this version; empty once the worker has been here.
CREATE INDEX case_file_without_clock ON case_file (case_id) WHERE due_at IS NULL
    AND stage IN ('submitted', 'in_review', 'accepted', 'decline_proposed', 'confirmed', 'handed_over', 'held');

-- 「確認の仕事」 What a member of staff is to look after. Why stands in the case.
CREATE TABLE staff_task (
    task_id BLOB NOT NULL PRIMARY KEY,
    case_id BLOB NOT NULL REFERENCES case_file (case_id),
    compartment TEXT NOT NULL CHECK (compartment IN ('general', 'epds')),
    kind TEXT NOT NULL CHECK (kind IN ('epds', 'overdue')),
    for_role TEXT NOT NULL,
    owner_id BLOB REFERENCES staff (staff_id),
    opened_at INTEGER NOT NULL,
    take_by INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    taken_at INTEGER,
    told_at INTEGER,
    escalated_at INTEGER,
    -- When the second channel is to be used, if mail does not do it.
    alert_at INTEGER,
    alerted_at INTEGER,
    done_at INTEGER,
    done_by BLOB REFERENCES staff (staff_id),
    done_sealed BLOB,
    CHECK ((done_by IS NULL) = (done_sealed IS NULL)),
    CHECK (done_at IS NOT NULL OR done_by IS NULL)
) STRICT;
CREATE UNIQUE INDEX staff_task_once ON staff_task (case_id, kind) WHERE done_at IS NULL;
CREATE INDEX staff_task_open ON staff_task (compartment, due_at, task_id) WHERE done_at IS NULL;
CREATE INDEX staff_task_done ON staff_task (compartment, done_at, task_id) WHERE done_at IS NOT NULL;

-- 「当番」 Which public health nurse is on duty, and until when.
CREATE TABLE staff_duty (
    staff_id BLOB NOT NULL PRIMARY KEY REFERENCES staff (staff_id),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;

-- 「お知らせメール」 Where a member of staff is written to, after the code that was sent there came back.
CREATE TABLE staff_mail (
    staff_id BLOB NOT NULL PRIMARY KEY REFERENCES staff (staff_id),
    wrapped_key BLOB NOT NULL,
    mail_sealed BLOB NOT NULL,
    locale TEXT NOT NULL,
    wants_daily INTEGER NOT NULL DEFAULT 0,
    daily_on TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE staff_mail_change (
    staff_id BLOB NOT NULL PRIMARY KEY REFERENCES staff (staff_id),
    wrapped_key BLOB NOT NULL,
    mail_sealed BLOB NOT NULL,
    locale TEXT NOT NULL,
    code_mac BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX staff_mail_change_by_end ON staff_mail_change (expires_at);

-- The task that a mail tells of.
ALTER TABLE outbox ADD COLUMN task_id BLOB;
CREATE INDEX outbox_by_task ON outbox (task_id) WHERE task_id IS NOT NULL;
