-- The executions that move after a place, in their order. By primary key; nobody writes meanwhile, for the file is marked.
SELECT job, number, attempt, token, slot, status, started_at, completed_at, error
FROM gigq_executions
WHERE (job, number) > (:major, :minor)
ORDER BY job, number
LIMIT :limit
