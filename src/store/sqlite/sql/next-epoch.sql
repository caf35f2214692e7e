-- The epoch after the last of a worker instance.
SELECT coalesce(max(epoch), 0) + 1 AS epoch FROM gigq_workers WHERE instance = :instance
