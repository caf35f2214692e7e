-- The jobs to claim: of all ready ones in the given lanes the highest priority, then the first in. gigq_jobs_ready holds
-- each lane's ready jobs in just that order, so a claim reads :limit entries a lane, however many jobs wait there and
-- whatever waits elsewhere; the merge of the lanes is sorted. Race-free: it runs under the write lock, and every row it
-- finds is leased (lease.sql) before the lock is let go.
SELECT seq, lane, workflow, id, name, description, params, priority, max_attempts AS maxAttempts, timeout, retry, attempts, number,
  crashes, expiries,
  created_at AS createdAt, run_at AS runAt, error, has_inputs AS hasInputs,
  pass_results AS passResults,
  CASE WHEN parents > 0 THEN (
    SELECT json_group_array(parent_id ORDER BY place) FROM gigq_edges WHERE child = gigq_jobs.seq
  ) END AS dependencies
FROM gigq_jobs
WHERE seq IN (
  SELECT job.seq FROM json_each(:lanes) AS wanted CROSS JOIN gigq_jobs AS job
  WHERE job.seq IN (
    SELECT seq FROM gigq_jobs WHERE lane = wanted.value AND status = 'pending' ORDER BY priority DESC, seq LIMIT :limit
  )
  ORDER BY job.priority DESC, job.seq
  LIMIT :limit
)
ORDER BY priority DESC, seq
