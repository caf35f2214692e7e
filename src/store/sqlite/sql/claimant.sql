-- What a claim looks at first, by primary key and the first entries of gigq_jobs_due and gigq_lanes_suspects: the row of its
-- worker, unless it was held for dead, when the next scheduled job is due, and whether there are ready suspects.
SELECT
  (SELECT id FROM gigq_workers WHERE instance = :instance AND epoch = :epoch AND lost_at IS NULL) AS worker,
  (SELECT min(run_at) FROM gigq_jobs WHERE status = 'scheduled') AS runAt,
  EXISTS (SELECT 1 FROM gigq_lanes WHERE suspect = 1 AND has_ready = 1) AS hasSuspects
