-- Leases the jobs that claim.sql found, each with a token and a slot of its own, and tells what running them takes, in any
-- order. By primary key, under the same write lock.
UPDATE gigq_jobs
SET status = 'running', token = lease.value ->> 1, slot = lease.value ->> 2, worker = :worker, attempts = attempts + 1,
  number = number + 1, started_at = :now, updated_at = :now, completed_at = NULL, progress = NULL
FROM json_each(:leases) AS lease
WHERE gigq_jobs.seq = lease.value ->> 0
RETURNING seq, lane, workflow, token, slot, id, name, description, params, priority, max_attempts AS maxAttempts, timeout,
  retry, attempts, number, crashes, expiries, created_at AS createdAt, started_at AS startedAt, run_at AS runAt, error,
  has_inputs AS hasInputs, pass_results AS passResults,
  CASE WHEN parents > 0 THEN (
    SELECT json_group_array(parent_id ORDER BY place) FROM gigq_edges WHERE child = gigq_jobs.seq
  ) END AS dependencies
