-- 「下書き」 Which showing of a page saved last, and how often it had: an answer that was lost on the way is then no conflict
-- with oneself, and a save that comes late does not go over a later one.
ALTER TABLE draft ADD COLUMN saved_by TEXT;
-- Pages that were sent after the session had ended, a line each: the page and what it was shown with.
ALTER TABLE draft ADD COLUMN rescued TEXT;
