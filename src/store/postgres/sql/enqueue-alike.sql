-- Stores jobs that differ in nothing but their ids and params, in the order given: the rest is sent once for all of them. Tells how
-- many were stored, and which only if it was not all of them. What is stored already changes nothing (see enqueue.sql).
WITH clock AS MATERIALIZED (SELECT gigq.now_ms() AS now),
stored AS (
  INSERT INTO gigq.jobs (
    id, lane, name, description, params, priority, status, max_attempts, timeout, workflow, created_at, updated_at
  )
  SELECT given.id, :lane::integer, :name::text, :description::text, given.params, :priority::bigint, 'pending',
    :maxAttempts::bigint, :timeout::text, :workflow::bigint, clock.now, clock.now
  FROM unnest(:ids::text[], :params::text[]) WITH ORDINALITY AS given (id, params, place) CROSS JOIN clock
  ORDER BY place
  ON CONFLICT (id) DO NOTHING
  RETURNING id
)
SELECT counted.stored, CASE
  WHEN counted.stored < cardinality(:ids::text[]) THEN (SELECT coalesce(json_agg(id)::text, '[]') FROM stored)
END AS ids
FROM (SELECT count(*) AS stored FROM stored) AS counted
