-- The jobs that move after a place, in their order, with what their lanes are. By primary key; nobody writes meanwhile, for
-- the file is marked.
SELECT job.seq, job.id, lane.queue, lane.task, lane.suspect, job.name, job.description, job.params, job.priority, job.status,
  job.max_attempts, job.timeout, job.retry, job.workflow, job.parents, job.waiting_for, job.on_parent_failure,
  job.pass_results, job.has_inputs, job.taken_down_by, job.attempts, job.crashes, job.expiries, job.number, job.token,
  job.slot, job.created_at, job.updated_at, job.run_at, job.started_at, job.completed_at, job.progress, job.result, job.error
FROM gigq_jobs AS job JOIN gigq_lanes AS lane ON lane.id = job.lane
WHERE job.seq > :major
ORDER BY job.seq
LIMIT :limit
