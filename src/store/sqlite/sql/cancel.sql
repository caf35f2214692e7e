-- Ends a job that core allows to be cancelled; the state was read under the same write lock. By primary key.
UPDATE gigq_jobs SET status = 'cancelled', run_at = NULL, completed_at = :now, updated_at = :now WHERE seq = :seq
