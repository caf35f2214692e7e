-- The jobs that a worker holds, by gigq_jobs_running.
SELECT seq, lane, workflow, token, slot, id, name, description, params, priority, max_attempts AS maxAttempts, timeout, retry,
  attempts, number, crashes, expiries, created_at AS createdAt, started_at AS startedAt, run_at AS runAt, error,
  has_inputs AS hasInputs, pass_results AS passResults,
  CASE WHEN parents > 0 THEN (
    SELECT json_group_array(parent_id ORDER BY place) FROM gigq_edges WHERE child = gigq_jobs.seq
  ) END AS dependencies
FROM gigq_jobs
WHERE worker = :worker AND status = 'running'
ORDER BY seq
LIMIT :limit
