-- Records how a run ended, if the lease still holds: the compare-and-set on which every settlement rests. By primary key.
INSERT INTO gigq_executions (job, number, attempt, token, slot, status, started_at, completed_at, error)
SELECT seq, number, attempts, token, slot, :status, started_at, :now, :error
FROM gigq_jobs
WHERE seq = :seq AND token = :token AND status = 'running'
