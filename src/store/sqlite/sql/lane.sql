-- What a lane is, by primary key.
SELECT id, queue, task, suspect FROM gigq_lanes WHERE id = :id
