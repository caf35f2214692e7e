-- Adds parents that run again to the count of a job that had been released by their ending. By primary key.
UPDATE gigq_jobs
SET waiting_for = waiting_for + :parents, updated_at = :now,
  status = CASE WHEN status IN ('scheduled', 'pending') THEN 'blocked' ELSE status END
WHERE seq = :seq
