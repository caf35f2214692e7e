-- Takes parents that no longer hold jobs up off their counts; at 0 a job is ready, or due later. The jobs :seqs were locked when
-- they were read, so that the last two of their :parents release a job once. Besides, all that wait for those that this
-- transaction :ended by the :leases, where it is sent in one piece: it fails unless these completed and held up what waited, and,
-- not :counted, if that is of a workflow. Each is given once: what is not settled is told by its token, or was not written. A statement of its own after the one that wrote them: who adds a dependent locks its parent, so a
-- dependent is either seen here or sees how the parent ended. By primary keys and edges_parent,
-- of which one look tells whether anybody waits at all.
WITH clock AS MATERIALIZED (SELECT gigq.now_ms() AS now),
waiting AS MATERIALIZED (
  SELECT child.seq, parent.status = 'completed' AND child.status = 'blocked'
    AND (:counted::boolean OR child.workflow IS NULL) AS simple
  FROM unnest(:ended::bigint[], :leases::bigint[]) AS ended (seq, token)
  JOIN gigq.edges AS edge ON edge.parent = ended.seq
  JOIN gigq.jobs AS parent
    ON parent.seq = ended.seq AND parent.token = ended.token AND parent.xmin = pg_current_xact_id()::xid
  JOIN gigq.jobs AS child ON child.seq = edge.child
  WHERE EXISTS (SELECT FROM gigq.edges WHERE parent = ANY (:ended::bigint[]))
  ORDER BY child.seq
  FOR NO KEY UPDATE OF child
),
given (seq, parents) AS (
  SELECT seq, parents FROM unnest(:seqs::bigint[], :parents::integer[]) AS given (seq, parents)
  UNION ALL
  SELECT seq, count(*) FROM waiting GROUP BY seq
)
UPDATE gigq.jobs AS job
SET waiting_for = waiting_for - given.parents, updated_at = clock.now,
  status = CASE
    WHEN status <> 'blocked' OR waiting_for > given.parents THEN status
    WHEN run_at > clock.now THEN 'scheduled'
    ELSE 'pending'
  END
FROM given, clock
WHERE job.seq = given.seq
RETURNING job.seq, job.workflow, job.status,
  1 / CASE WHEN EXISTS (SELECT FROM waiting WHERE NOT simple) THEN 0 ELSE 1 END AS hoped
