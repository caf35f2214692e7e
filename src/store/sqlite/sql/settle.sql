-- Writes what becomes of a job whose execution was just recorded, in the same transaction. By primary key.
UPDATE gigq_jobs
SET status = :status, attempts = :attempts, run_at = :runAt, result = :result, error = :error,
  completed_at = :completedAt, updated_at = :now
WHERE seq = :seq
