-- How many ready jobs of some lanes a claim takes before one job, counted up to :limit of each kind and lane, by jobs_ready.
SELECT
  coalesce(sum((SELECT count(*) FROM (
    SELECT 1 FROM gigq.jobs WHERE lane = wanted.lane AND status = 'pending' AND priority > :priority LIMIT :limit
  ) AS higher)), 0)::bigint AS higher,
  coalesce(sum((SELECT count(*) FROM (
    SELECT 1 FROM gigq.jobs
    WHERE lane = wanted.lane AND status = 'pending' AND priority = :priority AND seq < :seq LIMIT :limit
  ) AS earlier)), 0)::bigint AS earlier
FROM unnest(:lanes::integer[]) AS wanted (lane)
