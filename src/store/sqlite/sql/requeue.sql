-- Makes a job as good as new, but for its executions; it waits if a parent holds it up. By primary key.
UPDATE gigq_jobs
SET status = CASE WHEN waiting_for > 0 THEN 'blocked' ELSE 'pending' END, attempts = 0, crashes = 0, expiries = 0,
  run_at = NULL, started_at = NULL,
  completed_at = NULL, progress = NULL, result = NULL, error = NULL, taken_down_by = NULL, updated_at = :now
WHERE seq = :seq
RETURNING status
