-- Removes a job; its executions go with it by their foreign key.
DELETE FROM gigq_jobs WHERE seq = :seq
