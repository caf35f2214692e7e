-- For the doctor, in a transaction that reads: jobs whose parents are counted wrongly, or that wait for none, or do not
-- though they should. By the primary key of the edges and the parents'. The parents that hold a job up are those that
-- `bearingOf` in core/workflow.ts says.
SELECT id FROM (
    SELECT seq, id, waiting_for, status, run_at, (SELECT count(*) FROM gigq.edges AS edge JOIN gigq.jobs AS parent ON parent.seq = edge.parent
      WHERE edge.child = job.seq AND parent.status <> 'completed'
        AND (job.on_parent_failure <> 'run' OR parent.status NOT IN ('completed', 'failed', 'timeout', 'cancelled'))) AS holding
    FROM gigq.jobs AS job WHERE status IN ('blocked', 'scheduled', 'pending')) AS counted
WHERE waiting_for <> holding OR (status = 'blocked') <> (holding > 0)
