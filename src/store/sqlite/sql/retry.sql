-- Writes that a job whose execution was just recorded is to run again, in the same transaction: blocked, if a parent runs
-- again by now. By primary key.
UPDATE gigq_jobs
SET status = CASE WHEN waiting_for > 0 THEN 'blocked' ELSE :status END, attempts = :attempts, run_at = :runAt, result = NULL,
  error = :error, completed_at = NULL, updated_at = :now
WHERE seq = :seq
RETURNING status
