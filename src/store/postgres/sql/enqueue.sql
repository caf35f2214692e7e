-- Stores jobs in their order. The unique index on id makes a second submit of the same job change nothing; one that another
-- transaction is storing just now is waited for.
WITH clock AS MATERIALIZED (SELECT gigq.now_ms() AS now)
INSERT INTO gigq.jobs (
  id, lane, name, description, params, priority, status, max_attempts, timeout, retry, run_at, workflow, parents,
  waiting_for, on_parent_failure, pass_results, has_inputs, created_at, updated_at
)
SELECT id, lane, name, description, params, priority,
  CASE WHEN waiting_for > 0 THEN 'blocked' WHEN run_at > now THEN 'scheduled' ELSE 'pending' END,
  max_attempts, timeout, retry, run_at, :workflow::bigint, parents, waiting_for, policy, pass_results, has_inputs, now, now
FROM (
  SELECT given.*, coalesce(given.at_ms, clock.now + given.after_ms) AS run_at, clock.now
  FROM unnest(
    :ids::text[], :lanes::integer[], :names::text[], :descriptions::text[], :params::text[], :priorities::bigint[],
    :maxAttempts::bigint[], :timeouts::text[], :retries::text[], :afterMs::bigint[], :atMs::bigint[], :parents::integer[],
    :waitingFor::integer[], :policies::text[], :passResults::smallint[], :hasInputs::smallint[]
  ) WITH ORDINALITY AS given (
    id, lane, name, description, params, priority, max_attempts, timeout, retry, after_ms, at_ms, parents, waiting_for,
    policy, pass_results, has_inputs, place
  ) CROSS JOIN clock
) AS job
ORDER BY place
ON CONFLICT (id) DO NOTHING
RETURNING seq, id, status
