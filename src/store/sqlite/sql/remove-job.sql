-- Removes a job; its executions and its edges to its parents go with it by their foreign keys.
DELETE FROM gigq_jobs WHERE seq = :seq
