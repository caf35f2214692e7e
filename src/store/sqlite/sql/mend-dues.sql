-- For the doctor's repairs: a job that is scheduled for no time is due now, by gigq_jobs_due. In a write transaction.
UPDATE gigq_jobs SET run_at = :now WHERE status = 'scheduled' AND run_at IS NULL
