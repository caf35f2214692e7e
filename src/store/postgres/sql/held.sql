-- The leases of a worker, by jobs_running; sorted once they are found, for their order is that of another index, which would
-- lead through all jobs.
WITH held AS MATERIALIZED (
  SELECT seq, lane, workflow, token FROM gigq.jobs
  WHERE status = 'running' AND worker = (
    SELECT id FROM gigq.workers WHERE instance = :instance AND epoch = :epoch AND lost_at IS NULL
  )
)
SELECT seq, lane, workflow, token FROM held ORDER BY seq
