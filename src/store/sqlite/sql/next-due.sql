-- When the next scheduled job is due, by the first entry of gigq_jobs_due.
SELECT min(run_at) AS runAt FROM gigq_jobs WHERE status = 'scheduled'
