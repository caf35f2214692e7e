-- The jobs that a worker holds, or those of them with some tokens, by jobs_running; sorted once they are found, for their
-- order is that of another index, which would lead through all jobs.
WITH held AS MATERIALIZED (
  SELECT seq FROM gigq.jobs
  WHERE worker = (SELECT id FROM gigq.workers WHERE instance = :instance AND epoch = :epoch) AND status = 'running'
    AND (:tokens::bigint[] IS NULL OR token = ANY (:tokens::bigint[]))
  LIMIT :limit
)
SELECT job.seq, lane, workflow, token, slot, id, name, description, params, priority, max_attempts AS "maxAttempts", timeout,
  retry, attempts, number, crashes, expiries, created_at AS "createdAt", started_at AS "startedAt", run_at AS "runAt", error,
  has_inputs AS "hasInputs", pass_results AS "passResults",
  CASE WHEN parents > 0 THEN (
    SELECT json_agg(parent_id ORDER BY place)::text FROM gigq.edges WHERE child = job.seq
  ) END AS dependencies,
  CASE WHEN workflow IS NOT NULL THEN (
    SELECT whole.id FROM gigq.workflows AS whole WHERE whole.seq = job.workflow
  ) END AS "workflowId"
FROM held JOIN gigq.jobs AS job ON job.seq = held.seq
ORDER BY job.seq
