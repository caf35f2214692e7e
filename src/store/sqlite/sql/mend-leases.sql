-- For the doctor's repairs: running jobs that no worker has leased are given back, by gigq_jobs_running: their attempt is
-- not charged. In a write transaction.
UPDATE gigq_jobs AS job
SET status = CASE WHEN waiting_for > 0 THEN 'blocked' ELSE 'pending' END,
  attempts = max(attempts - 1, 0), run_at = NULL, updated_at = :now
WHERE status = 'running' AND (token IS NULL OR slot IS NULL
  OR NOT EXISTS (SELECT 1 FROM gigq_workers WHERE gigq_workers.id = job.worker))
