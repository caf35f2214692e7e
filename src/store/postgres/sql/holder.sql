-- The life of the worker that runs a job which is running, by primary key.
SELECT life.instance, life.epoch
FROM gigq.jobs AS job JOIN gigq.workers AS life ON life.id = job.worker
WHERE job.seq = :seq
