-- The jobs that a worker holds, by gigq_jobs_running.
SELECT job.seq, job.lane, job.workflow, job.id, lane.queue, lane.task, job.name, job.description, job.params, job.priority,
  job.max_attempts AS maxAttempts, job.timeout, job.retry, job.attempts, job.number, job.token, job.slot,
  job.crashes, job.expiries, lane.suspect, job.created_at AS createdAt, job.started_at AS startedAt, job.run_at AS runAt, job.error,
  job.has_inputs AS hasInputs, job.pass_results AS passResults,
  CASE WHEN job.parents > 0 THEN (
    SELECT json_group_array(parent_id ORDER BY place) FROM gigq_edges WHERE child = job.seq
  ) END AS dependencies
FROM gigq_jobs AS job JOIN gigq_lanes AS lane ON lane.id = job.lane
WHERE job.worker = :worker AND job.status = 'running'
ORDER BY job.seq
LIMIT :limit
