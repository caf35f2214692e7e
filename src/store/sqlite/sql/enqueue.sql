-- Stores one job. The unique index on id makes a second submit of the same job change nothing.
INSERT INTO gigq_jobs (
  id, lane, name, description, params, priority, status, max_attempts, timeout, retry, run_at, workflow, parents, waiting_for,
  on_parent_failure, pass_results, has_inputs, created_at, updated_at
)
VALUES (
  :id, :lane, :name, :description, :params, :priority, :status, :maxAttempts, :timeout, :retry, :runAt, :workflow, :parents,
  :waitingFor, :policy, :passResults, :hasInputs, :now, :now
)
ON CONFLICT (id) DO NOTHING
