-- Writes how a job ended, if the lease still holds: the compare-and-set on which every settlement rests. By primary key: the
-- plus keeps the planner from looking through all that run.
UPDATE gigq_jobs
SET status = :status, attempts = :attempts, run_at = NULL, result = :result, error = :error, completed_at = :now,
  updated_at = :now
WHERE seq = :seq AND token = :token AND +status = 'running'
