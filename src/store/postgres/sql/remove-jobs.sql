-- Removes jobs with their executions and their edges to their parents; the rows were locked when they were read.
WITH executions AS (DELETE FROM gigq.executions WHERE job = ANY (:seqs::bigint[])),
edges AS (DELETE FROM gigq.edges WHERE child = ANY (:seqs::bigint[]))
DELETE FROM gigq.jobs WHERE seq = ANY (:seqs::bigint[])
