-- The last executions of a job, newest first. The latest is read off the job's row if it is in progress, or if it ended the
-- job as it ended itself: then it has no record of its own. By primary keys.
SELECT number, attempt, slot, status, started_at AS "startedAt", completed_at AS "completedAt", error
FROM gigq.executions WHERE job = :seq::bigint
UNION ALL
SELECT number, attempts, slot, status, started_at, completed_at, CASE WHEN status <> 'running' THEN error END
FROM gigq.jobs AS job
WHERE seq = :seq::bigint AND status IN ('running', 'completed', 'failed', 'timeout') AND NOT EXISTS (
  SELECT FROM gigq.executions AS record WHERE record.job = job.seq AND record.number = job.number
)
ORDER BY number DESC
LIMIT :limit
