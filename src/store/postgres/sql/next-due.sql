-- How long until the next scheduled job is due, by the first entry of jobs_due; no row if none is.
SELECT greatest(0, next.run_at - gigq.now_ms()) AS ms
FROM (SELECT min(run_at) AS run_at FROM gigq.jobs WHERE status = 'scheduled') AS next
WHERE next.run_at IS NOT NULL
