-- Makes jobs as good as new, but for their executions; one waits if a parent holds it up. By primary key; the rows were
-- locked when they were read.
UPDATE gigq.jobs
SET status = CASE WHEN waiting_for > 0 THEN 'blocked' ELSE 'pending' END, attempts = 0, crashes = 0, expiries = 0,
  run_at = NULL, started_at = NULL, completed_at = NULL, progress = NULL, result = NULL, error = NULL,
  taken_down_by = NULL, updated_at = (SELECT gigq.now_ms())
WHERE seq = ANY (:seqs::bigint[])
RETURNING seq, status
