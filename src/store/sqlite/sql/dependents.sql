-- The dependents of jobs, a row for each pair, by gigq_edges_parent and primary keys.
SELECT edge.parent, edge.parent_id AS parentId, parent.status AS parentStatus, child.seq, child.lane, child.workflow,
  child.status, child.on_parent_failure AS policy, child.taken_down_by AS takenDownBy
FROM json_each(:parents) AS wanted
CROSS JOIN gigq_edges AS edge ON edge.parent = wanted.value
CROSS JOIN gigq_jobs AS parent ON parent.seq = edge.parent
CROSS JOIN gigq_jobs AS child ON child.seq = edge.child
