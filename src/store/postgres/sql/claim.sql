-- Leases the ready jobs of some lanes that are first in line, each with a token and a slot of its own, and tells what
-- running them takes. With the first row, of one at least: whether the worker may claim, how many lanes there are, how many
-- candidates were seen, when the next job is due, by the first entry of jobs_due, and, where there was not enough, which of the
-- lanes :strange to the worker have ready jobs, and the last job that there is.
--
-- The candidates come from jobs_ready, :window of each lane; or, not :inLanes, from the first :window of all that is ready, by
-- jobs_line: so many reads, however many lanes there are. Those before :from are passed over (see front.ts); at the priority
-- :level without reading them, so the index is read in three ranges, the next one only when those before are not enough.
--
-- Race-free: candidates are locked and looked at again before they are leased, what others have locked is skipped, and
-- MATERIALIZED keeps any plan from doing so twice: never more than :limit. The worker's row is locked last, so that nothing is
-- leased to one that is being held for dead.
--
-- Two things are there for the planner. The empty text keeps it from jobs_ready, through which it would look for one row after
-- the other, however many there are. And a lane that is given twice keeps it from looking for those of a level by the primary
-- key, for it takes them to be few then.
--
-- It comes too early if others wait for jobs that :ended in this transaction, by edges_parent: then it takes nothing. If it is
-- sent :atOnce, nothing can follow from what it finds: it fails if something would, because jobs are of a workflow and will not be
-- :counted, because more can be found by another look, or by making ready what is due if that was not :promoted, or because
-- there is less than is usual, :busy.
WITH waiting AS MATERIALIZED (
  SELECT EXISTS (SELECT FROM gigq.edges WHERE parent = ANY (:ended::bigint[])) AS early
),
candidate AS MATERIALIZED (
  SELECT line.seq, line.priority
  FROM (
    SELECT seq, lane, priority FROM gigq.jobs
    WHERE status = 'pending' AND seq > 0 AND seq >= :from::bigint ORDER BY priority DESC, seq LIMIT :window::integer
  ) AS line
  WHERE NOT :inLanes::boolean AND NOT (SELECT early FROM waiting) AND line.lane = ANY (:lanes::integer[])
  UNION ALL
  SELECT job.seq, job.priority
  FROM unnest(:lanes::integer[]) AS wanted (lane) CROSS JOIN LATERAL (
    (
      SELECT seq, priority FROM gigq.jobs
      WHERE lane = wanted.lane AND lane > 0 AND status = 'pending' AND priority > :level::bigint AND seq >= :from::bigint
      ORDER BY priority DESC, seq LIMIT :window::integer
    ) UNION ALL (
      SELECT seq, priority FROM gigq.jobs
      WHERE :from::bigint > 0 AND lane = wanted.lane AND lane BETWEEN wanted.lane AND wanted.lane AND lane > 0
        AND status = 'pending' AND priority = :level::bigint AND seq >= :from::bigint
      ORDER BY seq LIMIT :window::integer
    ) UNION ALL (
      SELECT seq, priority FROM gigq.jobs
      WHERE lane = wanted.lane AND lane > 0 AND status = 'pending' AND priority < :level::bigint AND seq >= :from::bigint
      ORDER BY priority DESC, seq LIMIT :window::integer
    ) LIMIT :window::integer
  ) AS job
  WHERE :inLanes::boolean AND NOT (SELECT early FROM waiting)
),
locked AS MATERIALIZED (
  SELECT seq, priority FROM gigq.jobs
  WHERE seq = ANY (ARRAY(SELECT seq FROM candidate ORDER BY priority DESC, seq LIMIT :window::integer))
    AND status || '' = 'pending'
  ORDER BY priority DESC, seq LIMIT :limit::integer
  FOR NO KEY UPDATE SKIP LOCKED
),
holder AS MATERIALIZED (
  SELECT id, gigq.now_ms() AS now FROM gigq.workers
  WHERE instance = :instance AND epoch = :epoch AND lost_at IS NULL AND EXISTS (SELECT FROM locked)
  FOR SHARE
),
leased AS (
  UPDATE gigq.jobs AS job
  SET status = 'running', token = (:tokens::bigint[])[granted.place], slot = (:slots::text[])[granted.place],
    worker = granted.worker, attempts = attempts + 1, number = number + 1, started_at = granted.now,
    updated_at = granted.now, completed_at = NULL, progress = NULL
  FROM (
    SELECT locked.seq, row_number() OVER (ORDER BY locked.priority DESC, locked.seq) AS place, holder.id AS worker, holder.now
    FROM locked CROSS JOIN holder
  ) AS granted
  WHERE job.seq = granted.seq
  RETURNING granted.place, job.seq, lane, workflow, token, slot, id, name, description, params, priority,
    max_attempts AS "maxAttempts", timeout, retry, attempts, number, crashes, expiries, created_at AS "createdAt",
    started_at AS "startedAt", run_at AS "runAt", error, has_inputs AS "hasInputs", pass_results AS "passResults",
    CASE WHEN parents > 0 THEN (
      SELECT json_agg(parent_id ORDER BY edge.place)::text FROM gigq.edges AS edge WHERE edge.child = job.seq
    ) END AS dependencies,
    CASE WHEN workflow IS NOT NULL THEN (
      SELECT whole.id FROM gigq.workflows AS whole WHERE whole.seq = job.workflow
    ) END AS "workflowId",
    CASE WHEN has_inputs = 1 AND parents <= :fewParents::integer THEN (
      SELECT coalesce(json_agg(input ORDER BY input.place), '[]')::text
      FROM (
        SELECT edge.place, edge.parent_id AS id, edge.refs, parent.status,
          CASE WHEN octet_length(parent.result) <= :fewBytes::integer THEN parent.result END AS result,
          CASE WHEN edge.refs IS NOT NULL THEN parent.error END AS error,
          coalesce(octet_length(parent.result), 0) + coalesce(octet_length(parent.error), 0) AS bytes
        FROM gigq.edges AS edge LEFT JOIN gigq.jobs AS parent ON parent.seq = edge.parent
        WHERE edge.child = job.seq AND (job.pass_results = 1 OR edge.refs IS NOT NULL)
      ) AS input
    ) END AS inputs
)
SELECT leased.*, CASE WHEN leased.place > 1 THEN NULL ELSE to_json(whole)::text END AS whole
FROM (
  SELECT found.*, extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000 AS "tookMs",
    CASE WHEN found.count < :limit::integer AND NOT found.early THEN (
      SELECT json_agg(lane) FROM gigq.lanes AS lane
      WHERE lane.id = ANY (:strange::integer[]) AND EXISTS (
        SELECT FROM gigq.jobs AS job WHERE job.lane = lane.id AND job.lane > 0 AND job.status = 'pending' OFFSET 0
      )
    ) END AS "readyLanes",
    CASE WHEN found.count < :limit::integer THEN (SELECT max(seq) FROM gigq.jobs WHERE seq >= :from::bigint) END AS "lastSeq",
    1 / CASE WHEN :atOnce::boolean AND (
      NOT :counted::boolean AND EXISTS (SELECT FROM leased WHERE workflow IS NOT NULL)
      OR found.count < :limit::integer AND (
        :busy::boolean OR found.seen >= :window::integer OR found."laneCount" <> :laneCount::bigint
        OR NOT :promoted::boolean AND found."dueMs" <= 0
      )
    ) THEN 0 ELSE 1 END AS enough
  FROM (
    SELECT (SELECT count(*) FROM leased) AS count, (SELECT count(*) FROM candidate) AS seen,
      (SELECT count(*) FROM gigq.lanes) AS "laneCount", EXISTS (
        SELECT FROM gigq.workers WHERE instance = :instance AND epoch = :epoch AND lost_at IS NULL
      ) AS alive, (SELECT early FROM waiting) AS early,
      (SELECT min(run_at) - gigq.now_ms() FROM gigq.jobs WHERE status = 'scheduled') AS "dueMs"
  ) AS found
) AS whole LEFT JOIN leased ON true
ORDER BY leased.place
