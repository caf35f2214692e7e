-- Ends a worker's life.
UPDATE gigq.workers SET lost_at = coalesce(lost_at, gigq.now_ms()) WHERE instance = :instance AND epoch = :epoch
