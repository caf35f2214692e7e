-- For the doctor, in a transaction that reads: running jobs that no worker has leased, by jobs_running.
SELECT id FROM gigq.jobs AS job WHERE status = 'running' AND (token IS NULL OR slot IS NULL
  OR NOT EXISTS (SELECT 1 FROM gigq.workers WHERE gigq.workers.id = job.worker))
