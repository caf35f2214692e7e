-- The whole record of a job, by its id.
SELECT job.seq, job.id, lane.queue, lane.task, job.name, job.description, job.params, job.priority, job.status, job.attempts,
  job.crashes, job.expiries, lane.suspect, job.max_attempts AS "maxAttempts", job.timeout, job.result, job.error, job.slot,
  job.progress, job.created_at AS "createdAt", job.updated_at AS "updatedAt", job.run_at AS "runAt",
  job.started_at AS "startedAt", job.completed_at AS "completedAt",
  (SELECT id FROM gigq.workflows WHERE seq = job.workflow) AS workflow,
  CASE WHEN job.parents > 0 THEN (
    SELECT json_agg(parent_id ORDER BY place)::text FROM gigq.edges WHERE child = job.seq
  ) END AS dependencies
FROM gigq.jobs AS job JOIN gigq.lanes AS lane ON lane.id = job.lane
WHERE job.id = :id
