-- Adds parents that run again to the counts of jobs that had been released by their ending. By primary key; the rows were
-- locked when they were read.
UPDATE gigq.jobs AS job
SET waiting_for = waiting_for + given.parents, updated_at = clock.now,
  status = CASE WHEN status IN ('scheduled', 'pending') THEN 'blocked' ELSE status END
FROM unnest(:seqs::bigint[], :parents::integer[]) AS given (seq, parents),
  (SELECT gigq.now_ms() AS now) AS clock
WHERE job.seq = given.seq
