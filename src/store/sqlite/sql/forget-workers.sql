-- Forgets workers that hold no job: those that left, and those held for dead once there was time to see them.
DELETE FROM gigq_workers
WHERE (lost_at < :forgetBefore OR (instance = :instance AND epoch = :epoch))
  AND NOT EXISTS (SELECT 1 FROM gigq_jobs WHERE worker = gigq_workers.id AND status = 'running')
