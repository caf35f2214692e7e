-- The lives of workers that run a suspect in their own process, beside other jobs, by jobs_running.
SELECT DISTINCT life.instance, life.epoch
FROM gigq.workers AS life JOIN gigq.jobs AS job ON job.worker = life.id AND job.status = 'running'
JOIN gigq.lanes AS lane ON lane.id = job.lane
WHERE lane.suspect = 1 AND lane.task NOT IN (SELECT json_array_elements_text(life.module_tasks::json))
