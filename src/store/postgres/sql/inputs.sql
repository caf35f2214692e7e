-- How the parents of a running job ended: all of them, or those whose results its params refer to. What is larger than :maxBytes
-- is not read; `bytes` tells. By primary keys. (A claim brings few of them along: claim.sql.)
SELECT edge.parent_id AS id, edge.refs, parent.status,
  CASE WHEN octet_length(parent.result) <= :maxBytes THEN parent.result END AS result,
  CASE WHEN edge.refs IS NOT NULL THEN parent.error END AS error,
  coalesce(octet_length(parent.result), 0) + coalesce(octet_length(parent.error), 0) AS bytes
FROM gigq.edges AS edge LEFT JOIN gigq.jobs AS parent ON parent.seq = edge.parent
WHERE edge.child = :seq AND (:all::integer = 1 OR edge.refs IS NOT NULL)
ORDER BY edge.place
