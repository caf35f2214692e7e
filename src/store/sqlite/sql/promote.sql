-- Makes due jobs ready, the longest due first, by gigq_jobs_due. Bounded, so that a flood of due jobs holds up nobody's
-- claim; race-free, because every claim promotes under the write lock.
UPDATE gigq_jobs SET status = 'pending', updated_at = :now
WHERE seq IN (
  SELECT seq FROM gigq_jobs WHERE status = 'scheduled' AND run_at <= :now ORDER BY run_at LIMIT +:limit
)
RETURNING lane, workflow
