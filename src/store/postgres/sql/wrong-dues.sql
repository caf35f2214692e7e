-- For the doctor, in a transaction that reads: jobs that are scheduled for no time, by jobs_due.
SELECT id FROM gigq.jobs WHERE status = 'scheduled' AND run_at IS NULL
