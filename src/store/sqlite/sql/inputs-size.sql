-- How much that is in bytes, and whether a parent runs again, if the lease still holds. Reads no result itself. By primary
-- keys: the plus keeps the planner from looking through all that run.
SELECT job.pass_results AS passResults,
  coalesce(sum(octet_length(parent.result)), 0)
    + coalesce(sum(CASE WHEN edge.refs IS NOT NULL THEN octet_length(parent.error) END), 0) AS bytes,
  count(CASE WHEN parent.status IN ('blocked', 'scheduled', 'pending', 'running') THEN 1 END) AS unfinished
FROM gigq_jobs AS job
LEFT JOIN gigq_edges AS edge ON edge.child = job.seq AND (job.pass_results = 1 OR edge.refs IS NOT NULL)
LEFT JOIN gigq_jobs AS parent ON parent.seq = edge.parent
WHERE job.seq = :seq AND job.token = :token AND +job.status = 'running'
