-- What keeps jobs from coming back: of each, a parent that was cleared (status null), which is final, else one that ended
-- badly; the first of its dependencies. By primary keys.
SELECT child.seq AS child, against.seq, against.id, against.status
FROM gigq.jobs AS child CROSS JOIN LATERAL (
  SELECT edge.parent AS seq, edge.parent_id AS id, parent.status
  FROM gigq.edges AS edge LEFT JOIN gigq.jobs AS parent ON parent.seq = edge.parent
  WHERE edge.child = child.seq AND (
    parent.status IS NULL OR (child.on_parent_failure = 'cancel' AND parent.status IN ('failed', 'timeout', 'cancelled'))
  )
  ORDER BY parent.status IS NOT NULL, edge.place
  LIMIT 1
) AS against
WHERE child.seq = ANY (:seqs::bigint[]) AND child.parents > 0
