-- 「お知らせメール」 Whose mail it is and about which case, whether it is a reminder, and what staff did about one that was refused.
ALTER TABLE outbox ADD COLUMN account_id BYTEA;
ALTER TABLE outbox ADD COLUMN case_id BYTEA REFERENCES case_file (case_id);
ALTER TABLE outbox ADD COLUMN is_reminder BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN counted_from BIGINT;
ALTER TABLE outbox ADD COLUMN given_up_at BIGINT;
ALTER TABLE outbox ADD COLUMN settled_at BIGINT;
CREATE INDEX outbox_refused ON outbox (given_up_at) WHERE state = 'refused' AND settled_at IS NULL;
CREATE INDEX outbox_by_case ON outbox (case_id) WHERE case_id IS NOT NULL;

-- Stopping reminders without signing in: the token of the mail is found by its keyed hash.
ALTER TABLE account ADD COLUMN mail_stop_hash BYTEA;
ALTER TABLE account ADD COLUMN reminders_stopped_at BIGINT;
CREATE UNIQUE INDEX account_by_mail_stop ON account (mail_stop_hash) WHERE mail_stop_hash IS NOT NULL;
