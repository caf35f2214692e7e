-- The same as claim.sql for a worker that does not take all that is ready: what others are to run is not in its way.
-- gigq_jobs_ready holds each lane's ready jobs in the order of claims, so this reads :limit entries a lane, however many jobs
-- wait there and whatever waits elsewhere; the merge of the lanes is sorted.
SELECT job.seq FROM json_each(:lanes) AS wanted CROSS JOIN gigq_jobs AS job
WHERE job.seq IN (
  SELECT seq FROM gigq_jobs WHERE lane = wanted.value AND status = 'pending' ORDER BY priority DESC, seq LIMIT +:limit
)
ORDER BY job.priority DESC, job.seq
LIMIT +:limit
