-- The ids of workflows, by primary key.
SELECT seq, id FROM gigq.workflows WHERE seq = ANY (:seqs::bigint[])
