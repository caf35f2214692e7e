-- A page of workflows, newest first, by primary key, backwards.
SELECT seq, id, name, status, created_at AS "createdAt", completed_at AS "completedAt", blocked, scheduled, pending, running,
  completed, failed, timeout, cancelled
FROM gigq.workflows
WHERE seq < :below
ORDER BY seq DESC
LIMIT :limit
