-- For the doctor's repairs: a job has ended when it last changed. Nobody else writes jobs meanwhile (lock-out).
UPDATE gigq.jobs SET completed_at = updated_at WHERE status IN ('completed', 'failed', 'timeout', 'cancelled') AND completed_at IS NULL
