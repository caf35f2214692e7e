-- How the parents of running jobs ended: for each job all of them, or those whose results its params refer to. What is larger
-- than :maxBytes is not read; `bytes` tells. By primary keys.
SELECT edge.child, edge.parent_id AS id, edge.refs, parent.status,
  CASE WHEN octet_length(parent.result) <= :maxBytes THEN parent.result END AS result,
  CASE WHEN edge.refs IS NOT NULL THEN parent.error END AS error,
  coalesce(octet_length(parent.result), 0) + coalesce(octet_length(parent.error), 0) AS bytes
FROM unnest(:seqs::bigint[], :alls::integer[]) AS wanted (seq, whole) JOIN gigq.edges AS edge ON edge.child = wanted.seq
LEFT JOIN gigq.jobs AS parent ON parent.seq = edge.parent
WHERE wanted.whole = 1 OR edge.refs IS NOT NULL
ORDER BY edge.child, edge.place
