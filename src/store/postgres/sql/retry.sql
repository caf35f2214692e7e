-- Records how runs ended that do not end their jobs as they ended themselves, and writes what becomes of the jobs: ready or
-- due again, blocked if a parent runs again by now, or at their end. A compare-and-set on each lease, made once, when the
-- row is locked; what is recorded and what is written are of that row. By primary key: the empty text keeps the planner from
-- jobs_running.
WITH clock AS MATERIALIZED (SELECT gigq.now_ms() AS now),
locked AS MATERIALIZED (
  SELECT job.seq, job.number, job.attempts, job.token, job.slot, job.started_at, given.status, given.next_attempts,
    given.error, given.execution, given.crashes, given.expiries, given.lane, clock.now,
    coalesce(given.at_ms, clock.now + given.after_ms) AS run_at,
    given.status NOT IN ('scheduled', 'pending') AS ends
  FROM unnest(
    :seqs::bigint[], :tokens::bigint[], :statuses::text[], :attempts::bigint[], :errors::text[], :executions::text[],
    :crashes::integer[], :expiries::integer[], :lanes::integer[], :afterMs::bigint[], :atMs::bigint[]
  ) AS given (seq, token, status, next_attempts, error, execution, crashes, expiries, lane, after_ms, at_ms)
  JOIN gigq.jobs AS job ON job.seq = given.seq
  CROSS JOIN clock
  WHERE job.token = given.token AND job.status || '' = 'running'
  ORDER BY job.seq
  FOR NO KEY UPDATE OF job
),
recorded AS (
  INSERT INTO gigq.executions (job, number, attempt, token, slot, status, started_at, completed_at, error)
  SELECT seq, number, attempts, token, slot, execution, started_at, now, error FROM locked
)
UPDATE gigq.jobs AS job
SET status = CASE WHEN NOT locked.ends AND waiting_for > 0 THEN 'blocked' ELSE locked.status END,
  attempts = locked.next_attempts, run_at = locked.run_at, result = NULL, error = locked.error,
  crashes = locked.crashes, expiries = locked.expiries, lane = locked.lane,
  completed_at = CASE WHEN locked.ends THEN locked.now END, updated_at = locked.now
FROM locked
WHERE job.seq = locked.seq
RETURNING job.seq, job.token, job.status
