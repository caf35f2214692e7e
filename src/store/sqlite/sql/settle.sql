-- Writes how a job ended whose execution was just recorded, in the same transaction. By primary key.
UPDATE gigq_jobs
SET status = :status, attempts = :attempts, run_at = NULL, result = :result, error = :error, completed_at = :now,
  updated_at = :now
WHERE seq = :seq
