-- Moves the counts of workflows, and with them their statuses, by what one transaction did to their jobs: by the :changes to their
-- :states that it is given, and by what can be read off the rows of the jobs that this transaction wrote. It :settled some by
-- the :leases: then a job has ended, or its run is recorded apart. Others waited for none but those, and were ready or due then; and
-- it claimed some by :tokens. (A job that was settled and is running was ready again in between, and claimed.)
--
-- The workflows are locked in the order of their numbers, so that two transactions cannot wait for each other. How they stand
-- follows from the first of the :ranked states in which there is a job; with none given, that stays as it is. By primary
-- keys, edges_parent and jobs_running: lists keep the planner from reading all of a table that it takes for small.
WITH settled AS MATERIALIZED (
  SELECT job.seq, job.workflow, job.status
  FROM unnest(:settled::bigint[], :leases::bigint[]) AS given (seq, token) JOIN gigq.jobs AS job ON job.seq = given.seq
  WHERE job.seq = ANY (:settled::bigint[]) AND job.xmin = pg_current_xact_id()::xid AND (
    job.token = given.token AND job.status IN ('completed', 'failed', 'timeout', 'cancelled') OR given.token = ANY (ARRAY(
      SELECT run.token FROM gigq.executions AS run WHERE run.job = job.seq AND run.xmin = pg_current_xact_id()::xid
    ))
  )
),
released AS MATERIALIZED (
  SELECT child.workflow, child.status
  FROM (SELECT DISTINCT edge.child FROM settled JOIN gigq.edges AS edge ON edge.parent = settled.seq) AS dependent
  JOIN gigq.jobs AS child ON child.seq = dependent.child
  WHERE child.waiting_for = 0 AND child.xmin = pg_current_xact_id()::xid AND NOT EXISTS (
    SELECT FROM settled WHERE settled.seq = child.seq
  )
),
claimed AS MATERIALIZED (
  SELECT workflow FROM gigq.jobs
  WHERE status = 'running' AND token = ANY (:tokens::bigint[]) AND xmin = pg_current_xact_id()::xid AND worker = ANY (ARRAY(
    SELECT worker.id FROM unnest(:instances::text[], :epochs::integer[]) AS given (instance, epoch)
    JOIN gigq.workers AS worker ON worker.instance = given.instance AND worker.epoch = given.epoch
  ))
),
changed (workflow, state, by) AS (
  SELECT workflow, state, by FROM unnest(:workflows::bigint[], :states::text[], :changes::integer[]) AS given (workflow, state, by)
  UNION ALL
  SELECT workflow, step.state, step.by
  FROM (
    SELECT workflow, 'running', CASE status WHEN 'running' THEN 'pending' ELSE status END FROM settled
    UNION ALL
    SELECT workflow, 'blocked', CASE status WHEN 'running' THEN 'pending' ELSE status END FROM released
    UNION ALL
    SELECT workflow, 'pending', 'running' FROM claimed
  ) AS moved (workflow, before, after)
  CROSS JOIN LATERAL (VALUES (before, -1), (after, 1)) AS step (state, by)
  WHERE workflow IS NOT NULL
),
summed AS MATERIALIZED (
  SELECT workflow, sum(by) AS jobs,
    sum(CASE state WHEN 'blocked' THEN by ELSE 0 END) AS blocked, sum(CASE state WHEN 'scheduled' THEN by ELSE 0 END) AS scheduled,
    sum(CASE state WHEN 'pending' THEN by ELSE 0 END) AS pending, sum(CASE state WHEN 'running' THEN by ELSE 0 END) AS running,
    sum(CASE state WHEN 'completed' THEN by ELSE 0 END) AS completed, sum(CASE state WHEN 'failed' THEN by ELSE 0 END) AS failed,
    sum(CASE state WHEN 'timeout' THEN by ELSE 0 END) AS timeout, sum(CASE state WHEN 'cancelled' THEN by ELSE 0 END) AS cancelled
  FROM changed GROUP BY workflow
),
counted AS MATERIALIZED (
  SELECT workflow.seq, workflow.jobs + summed.jobs AS jobs,
    workflow.blocked + summed.blocked AS blocked, workflow.scheduled + summed.scheduled AS scheduled,
    workflow.pending + summed.pending AS pending, workflow.running + summed.running AS running,
    workflow.completed + summed.completed AS completed, workflow.failed + summed.failed AS failed,
    workflow.timeout + summed.timeout AS timeout, workflow.cancelled + summed.cancelled AS cancelled
  FROM summed JOIN gigq.workflows AS workflow ON workflow.seq = summed.workflow
  WHERE workflow.seq = ANY (ARRAY(SELECT workflow FROM summed))
  ORDER BY workflow.seq
  FOR NO KEY UPDATE OF workflow
)
UPDATE gigq.workflows AS workflow
SET jobs = counted.jobs, blocked = counted.blocked, scheduled = counted.scheduled, pending = counted.pending,
  running = counted.running, completed = counted.completed, failed = counted.failed, timeout = counted.timeout,
  cancelled = counted.cancelled, status = coalesce(outcome.status, workflow.status),
  completed_at = CASE
    WHEN coalesce(outcome.status, workflow.status) = workflow.status THEN workflow.completed_at
    WHEN outcome.status <> 'running' THEN (SELECT gigq.now_ms())
  END
FROM counted LEFT JOIN LATERAL (
  SELECT ranked.status FROM unnest(:ranked::text[], :outcomes::text[]) WITH ORDINALITY AS ranked (state, status, place)
  WHERE (to_jsonb(counted) ->> ranked.state)::integer > 0
  ORDER BY ranked.place LIMIT 1
) AS outcome ON true
WHERE workflow.seq = counted.seq AND workflow.seq = ANY (ARRAY(SELECT seq FROM counted))
