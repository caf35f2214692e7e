-- The dependents of jobs that have not completed and may still run, of their own or when they are brought back: a row for
-- each pair. By edges_parent and primary key.
SELECT edge.parent, edge.child
FROM gigq.edges AS edge JOIN gigq.jobs AS child ON child.seq = edge.child
WHERE edge.parent = ANY (:seqs::bigint[])
  AND child.status <> 'completed' AND (child.status <> 'cancelled' OR child.taken_down_by IS NOT NULL)
