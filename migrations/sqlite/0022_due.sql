-- 「処理期限」 By when the office is to have done its part, and how a case stands with that.
ALTER TABLE case_file ADD COLUMN due_at INTEGER;
ALTER TABLE case_file ADD COLUMN lateness TEXT NOT NULL DEFAULT 'in_time' CHECK (lateness IN ('in_time', 'soon', 'overdue'));
