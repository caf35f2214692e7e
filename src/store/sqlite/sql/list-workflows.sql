-- Workflows that match, newest first, within a stretch of :from to :below. By primary key, backwards.
SELECT seq, id, name, status, created_at AS createdAt, completed_at AS completedAt, blocked, scheduled, pending, running,
  completed, failed, timeout, cancelled
FROM gigq_workflows
WHERE seq < :below AND (:status IS NULL OR status = :status)
ORDER BY seq DESC
LIMIT :limit
