-- The jobs to claim: of all ready ones in the given lanes the highest priority, then the first in. gigq_jobs_ready holds
-- each lane's ready jobs in just that order, so a claim reads :limit entries a lane, however many jobs wait there and
-- whatever waits elsewhere; the merge of the lanes is sorted. Race-free: it runs under the write lock, and every job it
-- finds is leased (lease.sql) before the lock is let go.
SELECT job.seq FROM json_each(:lanes) AS wanted CROSS JOIN gigq_jobs AS job
WHERE job.seq IN (
  SELECT seq FROM gigq_jobs WHERE lane = wanted.value AND status = 'pending' ORDER BY priority DESC, seq LIMIT :limit
)
ORDER BY job.priority DESC, job.seq
LIMIT :limit
