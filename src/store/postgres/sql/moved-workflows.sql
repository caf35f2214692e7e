-- The workflows that have moved after a place, in their order. By primary key; in the transaction that brought them.
SELECT seq, id, name, status, created_at, completed_at, jobs,
  blocked, scheduled, pending, running, completed, failed, timeout, cancelled
FROM gigq.workflows
WHERE seq > :major::bigint
ORDER BY seq
LIMIT :limit::integer
