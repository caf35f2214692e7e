-- The workflows that move after a place, in their order. By primary key; nobody writes meanwhile, for the file is marked.
SELECT seq, id, name, status, created_at, completed_at, jobs,
  blocked, scheduled, pending, running, completed, failed, timeout, cancelled
FROM gigq_workflows
WHERE seq > :major
ORDER BY seq
LIMIT :limit
