-- The dependents of jobs, a row for each pair, by edges_parent and primary keys; locks the dependents, so that what is
-- read of them stands. A statement of its own after the one that wrote the parents: who adds a dependent locks its parent,
-- so a dependent is either seen here or sees how the parent ended.
SELECT edge.parent, edge.parent_id AS "parentId", parent.status AS "parentStatus", child.seq, child.lane, child.workflow,
  child.status, child.on_parent_failure AS policy, child.taken_down_by AS "takenDownBy"
FROM gigq.edges AS edge JOIN gigq.jobs AS parent ON parent.seq = edge.parent JOIN gigq.jobs AS child ON child.seq = edge.child
WHERE edge.parent = ANY (:parents::bigint[])
ORDER BY child.seq, edge.place
FOR NO KEY UPDATE OF child
