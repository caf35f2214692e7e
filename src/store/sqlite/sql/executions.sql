-- The last executions of a job, newest first, by primary key.
SELECT number, attempt, slot, status, started_at AS startedAt, completed_at AS completedAt, error
FROM gigq_executions WHERE job = :seq ORDER BY number DESC LIMIT :limit
