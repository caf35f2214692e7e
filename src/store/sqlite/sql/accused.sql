-- For the doctor, in a transaction that reads: jobs that have not ended, and are suspects or near the end of a budget.
-- Reads all jobs.
SELECT job.id, lane.task, job.crashes, job.expiries, lane.suspect
FROM gigq_jobs AS job JOIN gigq_lanes AS lane ON lane.id = job.lane
WHERE job.status NOT IN ('completed', 'failed', 'timeout', 'cancelled') AND (lane.suspect = 1 OR job.crashes >= :crashes OR job.expiries >= :expiries)
ORDER BY job.seq
