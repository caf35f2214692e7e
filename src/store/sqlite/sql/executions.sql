-- The last executions of a job, newest first. The latest is read off the job's row if it is in progress, or if it ended the
-- job as it ended itself: then it has no record of its own. By primary keys.
SELECT number, attempt, slot, status, started_at AS startedAt, completed_at AS completedAt, error
FROM gigq_executions WHERE job = :seq
UNION ALL
SELECT number, attempts, slot, status, started_at, completed_at, CASE WHEN status <> 'running' THEN error END
FROM gigq_jobs
WHERE seq = :seq AND status IN ('running', 'completed', 'failed', 'timeout')
  AND NOT EXISTS (SELECT 1 FROM gigq_executions WHERE job = gigq_jobs.seq AND gigq_executions.number = gigq_jobs.number)
ORDER BY number DESC
LIMIT :limit
