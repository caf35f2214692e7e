-- Writes how jobs ended whose runs end them as they ended themselves, if the leases still hold: the compare-and-set on which
-- every settlement rests. One write a job: its own row is the record of its last run. By primary key: the empty text keeps
-- the planner from jobs_running, through which it would look for one row after the other.
WITH clock AS MATERIALIZED (SELECT gigq.now_ms() AS now)
UPDATE gigq.jobs AS job
SET status = given.status, attempts = given.attempts, run_at = NULL, result = given.result, error = given.error,
  lane = given.lane, completed_at = clock.now, updated_at = clock.now
FROM unnest(
  :seqs::bigint[], :tokens::bigint[], :statuses::text[], :attempts::bigint[], :results::text[], :errors::text[],
  :lanes::integer[]
) AS given (seq, token, status, attempts, result, error, lane), clock
WHERE job.seq = given.seq AND job.token = given.token AND job.status || '' = 'running'
RETURNING job.seq, job.token, job.status
