-- Moves the counts of a lane by what one transaction did to its jobs, by primary key.
UPDATE gigq_lanes
SET blocked = blocked + :blocked, scheduled = scheduled + :scheduled, pending = pending + :pending,
  running = running + :running, completed = completed + :completed, failed = failed + :failed,
  timeout = timeout + :timeout, cancelled = cancelled + :cancelled
WHERE id = :lane
