-- How the execution with this lease was recorded, if it was: tells a settlement sent twice from a lost lease. By primary keys.
SELECT status FROM gigq_executions WHERE job = :seq AND token = :token
UNION ALL
SELECT status FROM gigq_jobs WHERE seq = :seq AND token = :token
LIMIT 1
