-- Adds executions. The tables are locked against all other writers.
INSERT INTO gigq.executions (job, number, attempt, token, slot, status, started_at, completed_at, error)
SELECT * FROM unnest(
  :job::bigint[], :number::integer[], :attempt::bigint[], :token::bigint[], :slot::text[], :status::text[],
  :started_at::bigint[], :completed_at::bigint[], :error::text[]
)
