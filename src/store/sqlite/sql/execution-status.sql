-- How the execution with this lease was recorded, if it was: tells a settlement sent twice from a lost lease.
SELECT status FROM gigq_executions WHERE job = :seq AND token = :token
