-- The lanes that have ready suspects, by gigq_lanes_suspects, which holds no others.
SELECT id, queue, task, suspect FROM gigq_lanes WHERE suspect = 1 AND has_ready = 1
