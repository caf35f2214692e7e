-- Takes parents that no longer hold a job up off its count; at 0 the job is ready, or due later. By primary key; the write
-- lock is held, so that the last two parents release it once.
UPDATE gigq_jobs
SET waiting_for = waiting_for - :parents, updated_at = :now,
  status = CASE
    WHEN status <> 'blocked' OR waiting_for > :parents THEN status
    WHEN run_at > :now THEN 'scheduled'
    ELSE 'pending'
  END
WHERE seq = :seq
RETURNING status
