-- Makes a job as good as new, but for its executions. By primary key.
UPDATE gigq_jobs
SET status = 'pending', attempts = 0, run_at = NULL, started_at = NULL, completed_at = NULL, progress = NULL, result = NULL,
  error = NULL, updated_at = :now
WHERE seq = :seq
