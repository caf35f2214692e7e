-- Takes parents that no longer hold jobs up off their counts; at 0 a job is ready, or due later. By primary key; the rows
-- were locked when they were read, so that the last two parents release a job once.
WITH clock AS MATERIALIZED (SELECT gigq.now_ms() AS now)
UPDATE gigq.jobs AS job
SET waiting_for = waiting_for - given.parents, updated_at = clock.now,
  status = CASE
    WHEN status <> 'blocked' OR waiting_for > given.parents THEN status
    WHEN run_at > clock.now THEN 'scheduled'
    ELSE 'pending'
  END
FROM unnest(:seqs::bigint[], :parents::integer[]) AS given (seq, parents), clock
WHERE job.seq = given.seq
RETURNING job.seq, job.workflow, job.status
