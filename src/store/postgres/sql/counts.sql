-- Jobs by state. Reads the table or an index of it whole: no row keeps count, for all commits would wait for that row.
SELECT count(*) FILTER (WHERE status = 'blocked') AS blocked, count(*) FILTER (WHERE status = 'scheduled') AS scheduled,
  count(*) FILTER (WHERE status = 'pending') AS pending, count(*) FILTER (WHERE status = 'running') AS running,
  count(*) FILTER (WHERE status = 'completed') AS completed, count(*) FILTER (WHERE status = 'failed') AS failed,
  count(*) FILTER (WHERE status = 'timeout') AS timeout, count(*) FILTER (WHERE status = 'cancelled') AS cancelled
FROM gigq.jobs
