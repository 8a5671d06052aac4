-- 「下書きの期限のお知らせ」 When a parent was told that the time of her draft is nearly over.
ALTER TABLE draft ADD COLUMN noticed_at INTEGER;
