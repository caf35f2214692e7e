-- The executions that have moved after a place, in their order. By primary key; in the transaction that brought them.
SELECT job, number, attempt, token, slot, status, started_at, completed_at, error
FROM gigq.executions
WHERE (job, number) > (:major::bigint, :minor::integer)
ORDER BY job, number
LIMIT :limit::integer
