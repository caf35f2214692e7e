-- How much that is in bytes, and whether a parent runs again, if the lease still holds. Reads no result itself. By primary
-- keys: the empty text keeps the planner from jobs_running.
SELECT job.pass_results AS "passResults",
  coalesce(sum(octet_length(parent.result)), 0)::bigint
    + coalesce(sum(CASE WHEN edge.refs IS NOT NULL THEN octet_length(parent.error) END), 0)::bigint AS bytes,
  count(CASE WHEN parent.status IN ('blocked', 'scheduled', 'pending', 'running') THEN 1 END) AS unfinished
FROM gigq.jobs AS job
LEFT JOIN gigq.edges AS edge ON edge.child = job.seq AND (job.pass_results = 1 OR edge.refs IS NOT NULL)
LEFT JOIN gigq.jobs AS parent ON parent.seq = edge.parent
WHERE job.seq = :seq AND job.token = :token AND job.status || '' = 'running'
GROUP BY job.seq
