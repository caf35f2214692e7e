-- How many ready jobs of some lanes a claim takes before one job, counted up to :limit of each kind and lane, by
-- gigq_jobs_ready.
SELECT
  coalesce(sum((SELECT count(*) FROM (
    SELECT 1 FROM gigq_jobs WHERE lane = wanted.value AND status = 'pending' AND priority > :priority LIMIT :limit
  ))), 0) AS higher,
  coalesce(sum((SELECT count(*) FROM (
    SELECT 1 FROM gigq_jobs WHERE lane = wanted.value AND status = 'pending' AND priority = :priority AND seq < :seq LIMIT :limit
  ))), 0) AS earlier
FROM json_each(:lanes) AS wanted
