-- A page of the workflows with one status, newest first, by workflows_status, which holds each status in that order.
SELECT seq, id, name, status, created_at AS "createdAt", completed_at AS "completedAt", blocked, scheduled, pending, running,
  completed, failed, timeout, cancelled
FROM gigq.workflows
WHERE status = :status AND seq < :below
ORDER BY seq DESC
LIMIT :limit
