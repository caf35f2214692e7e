-- Moves the counts of a workflow by what one transaction did to its jobs, by primary key.
UPDATE gigq_workflows
SET blocked = blocked + :blocked, scheduled = scheduled + :scheduled, pending = pending + :pending,
  running = running + :running, completed = completed + :completed, failed = failed + :failed,
  timeout = timeout + :timeout, cancelled = cancelled + :cancelled,
  jobs = jobs + :blocked + :scheduled + :pending + :running + :completed + :failed + :timeout + :cancelled
WHERE seq = :workflow
RETURNING status, blocked, scheduled, pending, running, completed, failed, timeout, cancelled
