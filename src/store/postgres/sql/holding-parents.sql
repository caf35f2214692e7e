-- The parents that hold a job up, by primary keys: those that ended badly first, for they are what there is to act on, then
-- in the order of its dependencies. `total` is how many there are.
SELECT parent.seq, parent.id, parent.name, parent.status, count(*) OVER () AS total
FROM gigq.edges AS edge JOIN gigq.jobs AS parent ON parent.seq = edge.parent JOIN gigq.jobs AS child ON child.seq = edge.child
WHERE edge.child = :child AND parent.status <> 'completed'
  AND (child.on_parent_failure <> 'run' OR parent.status NOT IN ('failed', 'timeout', 'cancelled'))
ORDER BY parent.status IN ('failed', 'timeout', 'cancelled') DESC, edge.place
LIMIT :limit
