-- The row of a worker that was not held for dead.
SELECT id FROM gigq_workers WHERE instance = :instance AND epoch = :epoch AND lost_at IS NULL
