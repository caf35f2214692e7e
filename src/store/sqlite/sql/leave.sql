-- Ends a worker's life.
UPDATE gigq_workers SET lost_at = coalesce(lost_at, :now) WHERE instance = :instance AND epoch = :epoch
