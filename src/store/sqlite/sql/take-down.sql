-- Ends a blocked job because a parent ended badly, or names another such parent of one that was ended so. By primary key.
UPDATE gigq_jobs
SET status = 'cancelled', taken_down_by = :parent, error = :error, run_at = NULL,
  completed_at = CASE WHEN status = 'cancelled' THEN completed_at ELSE :now END, updated_at = :now
WHERE seq = :seq
