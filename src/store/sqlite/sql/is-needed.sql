-- Whether a dependent of a job has not completed and may still run, of its own or when it is brought back. By
-- gigq_edges_parent and primary key.
SELECT 1 FROM gigq_edges AS edge CROSS JOIN gigq_jobs AS child ON child.seq = edge.child
WHERE edge.parent = :seq AND child.status <> 'completed' AND (child.status <> 'cancelled' OR child.taken_down_by IS NOT NULL)
LIMIT 1
