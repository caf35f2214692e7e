-- For the doctor's repairs: running jobs that no worker has leased are given back, by jobs_running: their attempt is not
-- charged. Nobody else writes jobs meanwhile (lock-out).
UPDATE gigq.jobs AS job
SET status = CASE WHEN waiting_for > 0 THEN 'blocked' ELSE 'pending' END,
  attempts = greatest(attempts - 1, 0), run_at = NULL, updated_at = (SELECT gigq.now_ms())
WHERE status = 'running' AND (token IS NULL OR slot IS NULL
  OR NOT EXISTS (SELECT 1 FROM gigq.workers WHERE gigq.workers.id = job.worker))
