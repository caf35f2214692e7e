-- Those of some leases that a worker holds. By primary key: the empty text keeps the planner from jobs_running, in which all is read
-- that the worker ran since a snapshot that is held, or since the last vacuum.
SELECT job.seq, lane, workflow, job.token
FROM unnest(:seqs::bigint[], :tokens::bigint[]) AS given (seq, token) JOIN gigq.jobs AS job ON job.seq = given.seq
WHERE job.token = given.token AND job.status || '' = 'running' AND worker = (
  SELECT id FROM gigq.workers WHERE instance = :instance AND epoch = :epoch AND lost_at IS NULL
)
