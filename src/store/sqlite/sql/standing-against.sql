-- What keeps a job from coming back: a parent that was cleared (status null), which is final, else one that ended badly;
-- the first of its dependencies. By primary keys.
SELECT edge.parent AS seq, edge.parent_id AS id, parent.status
FROM gigq_edges AS edge LEFT JOIN gigq_jobs AS parent ON parent.seq = edge.parent
WHERE edge.child = :seq
  AND (parent.status IS NULL OR (:policy = 'cancel' AND parent.status IN ('failed', 'timeout', 'cancelled')))
ORDER BY parent.status IS NOT NULL, edge.place
LIMIT 1
