-- The leases of a worker, by jobs_running.
SELECT job.seq, job.lane, job.workflow, job.token
FROM gigq.workers AS life JOIN gigq.jobs AS job ON job.worker = life.id AND job.status = 'running'
WHERE life.instance = :instance AND life.epoch = :epoch AND life.lost_at IS NULL
ORDER BY job.seq
