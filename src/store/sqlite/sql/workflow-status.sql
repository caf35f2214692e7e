-- Writes the status that follows from a workflow's counts. By primary key.
UPDATE gigq_workflows SET status = :status, completed_at = :completedAt WHERE seq = :workflow
