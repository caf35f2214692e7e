-- How the executions with these leases were recorded, if they were: tells a settlement sent twice from a lost lease. By
-- primary keys.
SELECT given.place, coalesce(
  (SELECT status FROM gigq.executions WHERE job = given.seq AND token = given.token LIMIT 1),
  (SELECT status FROM gigq.jobs WHERE seq = given.seq AND token = given.token)
) AS status
FROM unnest(:seqs::bigint[], :tokens::bigint[]) WITH ORDINALITY AS given (seq, token, place)
ORDER BY given.place
