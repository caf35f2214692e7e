-- For the doctor's repairs: counts the parents of jobs again, by the primary key of the edges and the parents'. The
-- parents that hold a job up are those that `bearingOf` in core/workflow.ts says. Nobody else writes jobs meanwhile
-- (lock-out).
UPDATE gigq.jobs
SET waiting_for = counted.holding, updated_at = (SELECT gigq.now_ms()),
  status = CASE WHEN counted.holding > 0 THEN 'blocked' WHEN counted.run_at > (SELECT gigq.now_ms()) THEN 'scheduled' ELSE 'pending' END
FROM (
    SELECT seq, id, waiting_for, status, run_at, (SELECT count(*) FROM gigq.edges AS edge JOIN gigq.jobs AS parent ON parent.seq = edge.parent
      WHERE edge.child = job.seq AND parent.status <> 'completed'
        AND (job.on_parent_failure <> 'run' OR parent.status NOT IN ('completed', 'failed', 'timeout', 'cancelled'))) AS holding
    FROM gigq.jobs AS job WHERE status IN ('blocked', 'scheduled', 'pending')) AS counted
WHERE gigq.jobs.seq = counted.seq
  AND (gigq.jobs.waiting_for <> counted.holding OR (gigq.jobs.status = 'blocked') <> (counted.holding > 0))
