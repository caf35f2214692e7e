-- The execution in progress, read off the job's row, by the job's id.
SELECT seq, number, attempts AS attempt, slot, status, started_at AS startedAt
FROM gigq_jobs
WHERE id = :id
