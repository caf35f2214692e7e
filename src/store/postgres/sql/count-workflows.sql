-- Moves the counts of workflows by what one transaction did to their jobs, by primary key; locked in the order of the list,
-- so that two transactions cannot wait for each other. `changes` holds for each workflow the changes of its states.
WITH locked AS MATERIALIZED (
  SELECT seq FROM gigq.workflows WHERE seq = ANY (:workflows::bigint[]) ORDER BY seq FOR NO KEY UPDATE
)
UPDATE gigq.workflows AS workflow
SET blocked = workflow.blocked + given.blocked, scheduled = workflow.scheduled + given.scheduled,
  pending = workflow.pending + given.pending, running = workflow.running + given.running,
  completed = workflow.completed + given.completed, failed = workflow.failed + given.failed,
  timeout = workflow.timeout + given.timeout, cancelled = workflow.cancelled + given.cancelled,
  jobs = jobs + given.blocked + given.scheduled + given.pending + given.running + given.completed + given.failed
    + given.timeout + given.cancelled
FROM locked JOIN unnest(
  :workflows::bigint[], :blocked::integer[], :scheduled::integer[], :pending::integer[], :running::integer[],
  :completed::integer[], :failed::integer[], :timeout::integer[], :cancelled::integer[]
) AS given (seq, blocked, scheduled, pending, running, completed, failed, timeout, cancelled) ON given.seq = locked.seq
WHERE workflow.seq = locked.seq
RETURNING workflow.seq, workflow.status, workflow.blocked, workflow.scheduled, workflow.pending, workflow.running,
  workflow.completed, workflow.failed, workflow.timeout, workflow.cancelled
