-- For the doctor, in a transaction that reads: running jobs that no worker has leased, by gigq_jobs_running.
SELECT id FROM gigq_jobs AS job WHERE status = 'running' AND (token IS NULL OR slot IS NULL
  OR NOT EXISTS (SELECT 1 FROM gigq_workers WHERE gigq_workers.id = job.worker))
