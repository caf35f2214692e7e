-- What the workers run at this moment, of each the :limit that have run longest, by jobs_running.
SELECT life.instance, life.epoch, job.id, job.name, lane.task, job.slot, job.started_at AS "startedAt"
FROM gigq.workers AS life CROSS JOIN LATERAL (
  SELECT seq, id, name, lane, slot, started_at FROM gigq.jobs
  WHERE worker = life.id AND status = 'running' ORDER BY started_at, seq LIMIT :limit
) AS job JOIN gigq.lanes AS lane ON lane.id = job.lane
ORDER BY life.id, job.started_at, job.seq
