-- The lanes that have ready jobs, by gigq_lanes_ready, which holds no others.
SELECT id, queue, task, suspect FROM gigq_lanes WHERE has_ready = 1
