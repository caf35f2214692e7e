-- Records that running jobs are cancelled; the rows were locked when they were read. By primary key: the empty
-- text keeps the planner from jobs_running.
INSERT INTO gigq.executions (job, number, attempt, token, slot, status, started_at, completed_at, error)
SELECT seq, number, attempts, token, slot, 'cancelled', started_at, (SELECT gigq.now_ms()), NULL
FROM gigq.jobs
WHERE seq = ANY (:seqs::bigint[]) AND status || '' = 'running'
