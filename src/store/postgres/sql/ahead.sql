-- How many ready jobs of some lanes a claim takes before one job: of each lane, among the first of twice :limit, by jobs_ready.
SELECT count(*) FILTER (WHERE job.priority > :priority) AS higher,
  count(*) FILTER (WHERE job.priority = :priority AND job.seq < :seq) AS earlier
FROM unnest(:lanes::integer[]) AS wanted (lane) CROSS JOIN LATERAL (
  SELECT priority, seq FROM gigq.jobs
  WHERE lane = wanted.lane AND lane > 0 AND status = 'pending' AND priority >= :priority
  ORDER BY priority DESC, seq LIMIT 2 * :limit
) AS job
