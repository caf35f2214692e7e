-- All lanes; they are few.
SELECT id, queue, task, suspect FROM gigq.lanes
