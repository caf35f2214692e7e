-- For the doctor's repairs: counts the parents of jobs again, by the primary key of the edges and the parents'. The
-- parents that hold a job up are those that `bearingOf` in core/workflow.ts says. In a write transaction.
UPDATE gigq_jobs
SET waiting_for = counted.holding, updated_at = :now,
  status = CASE WHEN counted.holding > 0 THEN 'blocked' WHEN counted.run_at > :now THEN 'scheduled' ELSE 'pending' END
FROM (
    SELECT seq, id, waiting_for, status, run_at, (SELECT count(*) FROM gigq_edges AS edge JOIN gigq_jobs AS parent ON parent.seq = edge.parent
      WHERE edge.child = job.seq AND parent.status <> 'completed'
        AND (job.on_parent_failure <> 'run' OR parent.status NOT IN ('completed', 'failed', 'timeout', 'cancelled'))) AS holding
    FROM gigq_jobs AS job WHERE status IN ('blocked', 'scheduled', 'pending')) AS counted
WHERE gigq_jobs.seq = counted.seq
  AND (gigq_jobs.waiting_for <> counted.holding OR (gigq_jobs.status = 'blocked') <> (counted.holding > 0))
