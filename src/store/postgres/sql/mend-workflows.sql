-- For the doctor's repairs: counts the jobs of workflows that are counted wrongly again, reading all once. Nobody else
-- writes jobs meanwhile (lock-out).
UPDATE gigq.workflows AS workflow
SET jobs = coalesce(found.blocked, 0) + coalesce(found.scheduled, 0) + coalesce(found.pending, 0) + coalesce(found.running, 0) + coalesce(found.completed, 0) + coalesce(found.failed, 0) + coalesce(found.timeout, 0) + coalesce(found.cancelled, 0),
  blocked = coalesce(found.blocked, 0),
  scheduled = coalesce(found.scheduled, 0),
  pending = coalesce(found.pending, 0),
  running = coalesce(found.running, 0),
  completed = coalesce(found.completed, 0),
  failed = coalesce(found.failed, 0),
  timeout = coalesce(found.timeout, 0),
  cancelled = coalesce(found.cancelled, 0)
FROM gigq.workflows AS owner LEFT JOIN (
  SELECT workflow,
    sum(CASE WHEN status = 'blocked' THEN 1 ELSE 0 END) AS blocked,
    sum(CASE WHEN status = 'scheduled' THEN 1 ELSE 0 END) AS scheduled,
    sum(CASE WHEN status = 'pending' THEN 1 ELSE 0 END) AS pending,
    sum(CASE WHEN status = 'running' THEN 1 ELSE 0 END) AS running,
    sum(CASE WHEN status = 'completed' THEN 1 ELSE 0 END) AS completed,
    sum(CASE WHEN status = 'failed' THEN 1 ELSE 0 END) AS failed,
    sum(CASE WHEN status = 'timeout' THEN 1 ELSE 0 END) AS timeout,
    sum(CASE WHEN status = 'cancelled' THEN 1 ELSE 0 END) AS cancelled
  FROM gigq.jobs WHERE workflow IS NOT NULL GROUP BY workflow
) AS found ON found.workflow = owner.seq
WHERE workflow.seq = owner.seq AND (
  owner.blocked <> coalesce(found.blocked, 0)
  OR owner.scheduled <> coalesce(found.scheduled, 0)
  OR owner.pending <> coalesce(found.pending, 0)
  OR owner.running <> coalesce(found.running, 0)
  OR owner.completed <> coalesce(found.completed, 0)
  OR owner.failed <> coalesce(found.failed, 0)
  OR owner.timeout <> coalesce(found.timeout, 0)
  OR owner.cancelled <> coalesce(found.cancelled, 0)
)
RETURNING workflow.seq, workflow.status, workflow.blocked, workflow.scheduled, workflow.pending, workflow.running, workflow.completed, workflow.failed, workflow.timeout, workflow.cancelled
