-- Ends the earlier lives of an instance that registers again: what they still held is anybody's to reap.
UPDATE gigq_workers SET lost_at = coalesce(lost_at, :now) WHERE instance = :instance
