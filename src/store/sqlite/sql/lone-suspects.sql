-- The lives of workers that run a suspect in their own process, beside other jobs, by gigq_jobs_running.
SELECT DISTINCT life.instance, life.epoch
FROM gigq_workers AS life CROSS JOIN gigq_jobs AS job JOIN gigq_lanes AS lane ON lane.id = job.lane
WHERE job.worker = life.id AND job.status = 'running' AND lane.suspect = 1
  AND lane.task NOT IN (SELECT value FROM json_each(life.module_tasks))
