-- Makes due jobs ready, the longest due first, by jobs_due. Bounded, so that a flood of due jobs holds up nobody's claim;
-- race-free, because what another claim is promoting is locked, and skipped. Whoever may not claim promotes nothing.
-- Sent :atOnce, it fails if a job of a workflow is due, for that has to be counted.
WITH due AS MATERIALIZED (
  SELECT seq FROM gigq.jobs
  WHERE status = 'scheduled' AND run_at <= (SELECT gigq.now_ms()) AND EXISTS (
    SELECT FROM gigq.workers WHERE instance = :instance AND epoch = :epoch AND lost_at IS NULL
  )
  ORDER BY run_at LIMIT :limit::integer
  FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE gigq.jobs AS job SET status = 'pending', updated_at = (SELECT gigq.now_ms())
FROM due
WHERE job.seq = due.seq
RETURNING job.seq, job.workflow, 1 / CASE WHEN :atOnce::boolean AND job.workflow IS NOT NULL THEN 0 ELSE 1 END AS enough
