-- How the parents of a running job ended: all of them, or those whose results its params refer to. By primary keys.
SELECT edge.parent_id AS id, edge.refs, parent.status, parent.result, parent.error
FROM gigq_edges AS edge LEFT JOIN gigq_jobs AS parent ON parent.seq = edge.parent
WHERE edge.child = :seq AND (:all = 1 OR edge.refs IS NOT NULL)
ORDER BY edge.place
