-- Sets the progress of running jobs whose leases still hold. By primary key: the empty text keeps the planner from
-- jobs_running.
UPDATE gigq.jobs AS job SET progress = given.progress, updated_at = clock.now
FROM unnest(:seqs::bigint[], :tokens::bigint[], :progress::text[]) AS given (seq, token, progress),
  (SELECT gigq.now_ms() AS now) AS clock
WHERE job.seq = given.seq AND job.token = given.token AND job.status || '' = 'running'
RETURNING job.seq, job.token
