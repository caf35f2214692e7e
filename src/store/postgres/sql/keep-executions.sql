-- Before jobs come back: their last runs, of which their own rows were the record. By primary key.
INSERT INTO gigq.executions (job, number, attempt, token, slot, status, started_at, completed_at, error)
SELECT seq, number, attempts, token, slot, status, started_at, completed_at, error
FROM gigq.jobs
WHERE seq = ANY (:seqs::bigint[]) AND status IN ('completed', 'failed', 'timeout')
ON CONFLICT (job, number) DO NOTHING
