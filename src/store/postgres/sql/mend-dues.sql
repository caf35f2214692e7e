-- For the doctor's repairs: a job that is scheduled for no time is due now, by jobs_due. Nobody else writes jobs
-- meanwhile (lock-out).
UPDATE gigq.jobs SET run_at = (SELECT gigq.now_ms()) WHERE status = 'scheduled' AND run_at IS NULL
