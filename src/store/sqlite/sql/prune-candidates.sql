-- The next stretch of jobs to look through for pruning, by primary key: bounded by what is read, not by what is found.
-- `isNeeded`: a dependent has not completed and may still run, of its own or when it is brought back.
SELECT seq, lane, workflow, status, completed_at AS completedAt,
  EXISTS (
    SELECT 1 FROM gigq_edges AS edge CROSS JOIN gigq_jobs AS child ON child.seq = edge.child
    WHERE edge.parent = gigq_jobs.seq
      AND child.status <> 'completed' AND (child.status <> 'cancelled' OR child.taken_down_by IS NOT NULL)
  ) AS isNeeded
FROM gigq_jobs WHERE seq > :after ORDER BY seq LIMIT :limit
