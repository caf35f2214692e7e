-- For the doctor's repairs: a job has ended when it last changed. In a write transaction.
UPDATE gigq_jobs SET completed_at = updated_at WHERE status IN ('completed', 'failed', 'timeout', 'cancelled') AND completed_at IS NULL
