-- Records how a run ended that does not end its job as it ended itself, if the lease still holds: a compare-and-set on it. By
-- primary key.
INSERT INTO gigq_executions (job, number, attempt, token, slot, status, started_at, completed_at, error)
SELECT seq, number, attempts, token, slot, :status, started_at, :now, :error
FROM gigq_jobs
WHERE seq = :seq AND token = :token AND status = 'running'
