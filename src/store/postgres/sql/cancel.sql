-- Ends jobs that core allows to be cancelled; the rows were locked when they were read. By primary key.
UPDATE gigq.jobs AS job
SET status = 'cancelled', run_at = NULL, completed_at = clock.now, updated_at = clock.now
FROM (SELECT gigq.now_ms() AS now) AS clock
WHERE job.seq = ANY (:seqs::bigint[])
