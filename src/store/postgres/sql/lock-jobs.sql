-- Where jobs stand, locked in the order of insertion, so that it stays true until the transaction ends and two of them
-- cannot wait for each other. By primary key.
SELECT seq, id, lane, workflow, status, token, parents, on_parent_failure AS policy, taken_down_by AS "takenDownBy",
  completed_at AS "completedAt"
FROM gigq.jobs WHERE seq = ANY (:seqs::bigint[])
ORDER BY seq
FOR NO KEY UPDATE
