-- The first ready job of some lanes that stands :since a place in the order of insertion, and before :until, by jobs_ready; null if
-- there is none. Reads whatever a snapshot that somebody holds keeps there; at the priority :level, where most are, of that stretch
-- alone.
-- Locks nothing: who takes it looks again. The lane is given twice as in claim.sql.
SELECT min(job.seq) AS seq
FROM unnest(:lanes::integer[]) AS wanted (lane) CROSS JOIN LATERAL (
  (
    SELECT seq FROM gigq.jobs
    WHERE lane = wanted.lane AND lane > 0 AND status = 'pending' AND priority > :level::bigint AND seq >= :since::bigint AND seq < :until::bigint
    ORDER BY priority DESC, seq LIMIT 1
  ) UNION ALL (
    SELECT seq FROM gigq.jobs
    WHERE lane = wanted.lane AND lane BETWEEN wanted.lane AND wanted.lane AND lane > 0
      AND status = 'pending' AND priority = :level::bigint AND seq >= :since::bigint AND seq < :until::bigint
    ORDER BY seq LIMIT 1
  ) UNION ALL (
    SELECT seq FROM gigq.jobs
    WHERE lane = wanted.lane AND lane > 0 AND status = 'pending' AND priority < :level::bigint AND seq >= :since::bigint AND seq < :until::bigint
    ORDER BY priority DESC, seq LIMIT 1
  ) LIMIT 1
) AS job
