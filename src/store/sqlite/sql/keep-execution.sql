-- Before a job comes back: its last run, of which its own row was the record. By primary key.
INSERT INTO gigq_executions (job, number, attempt, token, slot, status, started_at, completed_at, error)
SELECT seq, number, attempts, token, slot, status, started_at, completed_at, error
FROM gigq_jobs
WHERE seq = :seq AND status IN ('completed', 'failed', 'timeout')
ON CONFLICT (job, number) DO NOTHING
