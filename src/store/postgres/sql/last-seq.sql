-- The newest job's place in the order of insertion, by primary key.
SELECT coalesce(max(seq), 0) AS seq FROM gigq.jobs
