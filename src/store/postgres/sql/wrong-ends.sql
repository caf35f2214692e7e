-- For the doctor, in a transaction that reads: jobs that have ended at no time. Reads all jobs.
SELECT id FROM gigq.jobs WHERE status IN ('completed', 'failed', 'timeout', 'cancelled') AND completed_at IS NULL
