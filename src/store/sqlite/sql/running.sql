-- What the workers run at this moment, of each the :limit that have run longest, by gigq_jobs_running.
SELECT life.instance, life.epoch, job.id, job.name, lane.task, job.slot, job.started_at AS startedAt
FROM gigq_workers AS life CROSS JOIN gigq_jobs AS job JOIN gigq_lanes AS lane ON lane.id = job.lane
WHERE job.seq IN (
  SELECT seq FROM gigq_jobs WHERE worker = life.id AND status = 'running' ORDER BY started_at, seq LIMIT :limit
)
ORDER BY life.id, job.started_at, job.seq
