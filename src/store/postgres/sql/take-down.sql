-- Ends blocked jobs because a parent ended badly, or names another such parent of ones that were ended so. By primary key;
-- the rows were locked when they were read, or are new.
UPDATE gigq.jobs AS job
SET status = 'cancelled', taken_down_by = given.parent, error = given.error, run_at = NULL,
  completed_at = CASE WHEN status = 'cancelled' THEN completed_at ELSE clock.now END, updated_at = clock.now
FROM unnest(:seqs::bigint[], :parents::bigint[], :errors::text[]) AS given (seq, parent, error),
  (SELECT gigq.now_ms() AS now) AS clock
WHERE job.seq = given.seq
