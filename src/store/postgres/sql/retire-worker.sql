-- Ends the earlier lives of an instance that registers again: what they still held is anybody's to reap.
UPDATE gigq.workers SET lost_at = coalesce(lost_at, gigq.now_ms()) WHERE instance = :instance AND lost_at IS NULL
