-- For the doctor, in a transaction that reads: lanes whose counts are not those of their jobs. Reads all jobs.
SELECT owner.queue || '/' || owner.task || iif(owner.suspect, ' (suspects)', '') AS id
FROM gigq_lanes AS owner LEFT JOIN (
  SELECT lane AS owner,
    sum(CASE WHEN status = 'blocked' THEN 1 ELSE 0 END) AS blocked,
    sum(CASE WHEN status = 'scheduled' THEN 1 ELSE 0 END) AS scheduled,
    sum(CASE WHEN status = 'pending' THEN 1 ELSE 0 END) AS pending,
    sum(CASE WHEN status = 'running' THEN 1 ELSE 0 END) AS running,
    sum(CASE WHEN status = 'completed' THEN 1 ELSE 0 END) AS completed,
    sum(CASE WHEN status = 'failed' THEN 1 ELSE 0 END) AS failed,
    sum(CASE WHEN status = 'timeout' THEN 1 ELSE 0 END) AS timeout,
    sum(CASE WHEN status = 'cancelled' THEN 1 ELSE 0 END) AS cancelled
  FROM gigq_jobs GROUP BY lane
) AS found ON found.owner = owner.id
WHERE owner.has_ready <> (owner.pending > 0)
  OR owner.blocked <> coalesce(found.blocked, 0)
  OR owner.scheduled <> coalesce(found.scheduled, 0)
  OR owner.pending <> coalesce(found.pending, 0)
  OR owner.running <> coalesce(found.running, 0)
  OR owner.completed <> coalesce(found.completed, 0)
  OR owner.failed <> coalesce(found.failed, 0)
  OR owner.timeout <> coalesce(found.timeout, 0)
  OR owner.cancelled <> coalesce(found.cancelled, 0)
