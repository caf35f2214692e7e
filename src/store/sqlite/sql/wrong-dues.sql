-- For the doctor, in a transaction that reads: jobs that are scheduled for no time. Among the scheduled ones, by
-- gigq_jobs_due.
SELECT id FROM gigq_jobs WHERE status = 'scheduled' AND run_at IS NULL
