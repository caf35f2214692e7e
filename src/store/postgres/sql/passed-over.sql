-- The first ready job of some lanes that stands before :from in the order of insertion, by jobs_ready; null if there is none.
-- Reads whatever a snapshot that somebody holds keeps there, but at the priority :level, where most are, nothing from :from on.
-- Locks nothing: who takes it looks again. The lane is given twice as in claim.sql.
SELECT min(job.seq) AS seq
FROM unnest(:lanes::integer[]) AS wanted (lane) CROSS JOIN LATERAL (
  (
    SELECT seq FROM gigq.jobs
    WHERE lane = wanted.lane AND lane > 0 AND status = 'pending' AND priority > :level::bigint AND seq < :from::bigint
    ORDER BY priority DESC, seq LIMIT 1
  ) UNION ALL (
    SELECT seq FROM gigq.jobs
    WHERE lane = wanted.lane AND lane BETWEEN wanted.lane AND wanted.lane AND lane > 0
      AND status = 'pending' AND priority = :level::bigint AND seq < :from::bigint
    ORDER BY seq LIMIT 1
  ) UNION ALL (
    SELECT seq FROM gigq.jobs
    WHERE lane = wanted.lane AND lane > 0 AND status = 'pending' AND priority < :level::bigint AND seq < :from::bigint
    ORDER BY priority DESC, seq LIMIT 1
  ) LIMIT 1
) AS job
