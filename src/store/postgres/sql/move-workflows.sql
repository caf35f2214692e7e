-- Adds workflows at the places that they had. The tables are locked against all other writers.
INSERT INTO gigq.workflows (
  seq, id, name, status, created_at, completed_at, jobs,
  blocked, scheduled, pending, running, completed, failed, timeout, cancelled
)
OVERRIDING SYSTEM VALUE
SELECT * FROM unnest(
  :seq::bigint[], :id::text[], :name::text[], :status::text[], :created_at::bigint[], :completed_at::bigint[], :jobs::integer[],
  :blocked::integer[], :scheduled::integer[], :pending::integer[], :running::integer[], :completed::integer[],
  :failed::integer[], :timeout::integer[], :cancelled::integer[]
)
