-- Forgets workers that hold no job: those that left, and those held for dead once there was time to see them. A worker that
-- is claiming just now cannot be among them: a claim locks the row of a worker that is alive.
DELETE FROM gigq.workers
WHERE (lost_at < gigq.now_ms() - :forgetAfterMs::bigint OR (instance = :instance AND epoch = :epoch))
  AND NOT EXISTS (SELECT FROM gigq.jobs WHERE worker = workers.id AND status = 'running')
