-- The lanes that have ready jobs: for each a look at jobs_ready.
SELECT id, queue, task, suspect FROM gigq.lanes
WHERE EXISTS (SELECT FROM gigq.jobs WHERE lane = lanes.id AND lane > 0 AND status = 'pending')
