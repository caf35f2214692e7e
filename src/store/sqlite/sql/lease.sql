-- Leases one job that claim.sql found, by primary key, under the same write lock.
UPDATE gigq_jobs
SET status = 'running', token = :token, worker = :worker, slot = :slot, attempts = attempts + 1, number = number + 1,
  started_at = :now, updated_at = :now, completed_at = NULL, progress = NULL
WHERE seq = :seq
