-- Jobs that match, newest first, within a stretch of :from to :below: a search that finds little is cut into stretches, so
-- that none takes long. By primary key, backwards.
SELECT job.seq, job.id, lane.queue, lane.task, job.name, job.description, job.params, job.priority, job.status, job.attempts,
  job.crashes, job.expiries, lane.suspect, job.max_attempts AS "maxAttempts", job.timeout, job.result, job.error, job.slot,
  job.progress, job.created_at AS "createdAt", job.updated_at AS "updatedAt", job.run_at AS "runAt",
  job.started_at AS "startedAt", job.completed_at AS "completedAt",
  (SELECT id FROM gigq.workflows WHERE seq = job.workflow) AS workflow,
  CASE WHEN job.parents > 0 THEN (
    SELECT json_agg(parent_id ORDER BY place)::text FROM gigq.edges WHERE child = job.seq
  ) END AS dependencies
FROM gigq.jobs AS job JOIN gigq.lanes AS lane ON lane.id = job.lane
WHERE job.seq >= :from AND job.seq < :below
  AND (:statuses::text[] IS NULL OR job.status = ANY (:statuses::text[]))
  AND (:task::text IS NULL OR lane.task = :task::text)
  AND (:workflow::text IS NULL OR job.workflow = (SELECT seq FROM gigq.workflows WHERE id = :workflow::text))
  AND (:queue::text IS NULL OR lane.queue = :queue::text)
  AND (:worker::text IS NULL OR (job.status = 'running' AND (
    job.slot = :worker::text OR job.worker IN (SELECT id FROM gigq.workers WHERE label = :worker::text)
  )))
ORDER BY job.seq DESC
LIMIT :limit
