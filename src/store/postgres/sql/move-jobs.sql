-- Adds jobs at the places that they had. The tables are locked against all other writers.
INSERT INTO gigq.jobs (
  seq, id, lane, name, description, params, priority, status, max_attempts, timeout, retry, workflow, parents, waiting_for,
  on_parent_failure, pass_results, has_inputs, taken_down_by, attempts, crashes, expiries, number, token, slot, created_at,
  updated_at, run_at, started_at, completed_at, progress, result, error
)
OVERRIDING SYSTEM VALUE
SELECT * FROM unnest(
  :seq::bigint[], :id::text[], :lane::integer[], :name::text[], :description::text[], :params::text[], :priority::bigint[],
  :status::text[], :max_attempts::bigint[], :timeout::text[], :retry::text[], :workflow::bigint[], :parents::integer[],
  :waiting_for::integer[], :on_parent_failure::text[], :pass_results::smallint[], :has_inputs::smallint[],
  :taken_down_by::bigint[], :attempts::bigint[], :crashes::integer[], :expiries::integer[], :number::integer[],
  :token::bigint[], :slot::text[], :created_at::bigint[], :updated_at::bigint[], :run_at::bigint[], :started_at::bigint[],
  :completed_at::bigint[], :progress::text[], :result::text[], :error::text[]
)
