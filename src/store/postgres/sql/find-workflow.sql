-- A workflow by its id, by its unique index.
SELECT seq, id, name, status, created_at AS "createdAt", completed_at AS "completedAt", blocked, scheduled, pending, running,
  completed, failed, timeout, cancelled
FROM gigq.workflows WHERE id = :id
