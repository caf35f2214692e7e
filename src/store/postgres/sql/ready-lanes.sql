-- The lanes that have ready jobs: for each a look at jobs_ready. OFFSET keeps the planner from a join, for which it would read
-- all that is ready where it believes that to be little.
SELECT id, queue, task, suspect FROM gigq.lanes
WHERE EXISTS (SELECT FROM gigq.jobs WHERE lane = lanes.id AND lane > 0 AND status = 'pending' OFFSET 0)
