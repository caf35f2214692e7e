-- Goes on in the order of insertion where the file had come to: a place that something names is never given out again. The
-- sequences are those of the identity columns.
SELECT
  (SELECT setval(tableoid::regclass, greatest(last_value, :jobs::bigint), is_called OR :jobs::bigint > 0) FROM gigq.jobs_seq_seq),
  (SELECT setval(tableoid::regclass, greatest(last_value, :workflows::bigint), is_called OR :workflows::bigint > 0) FROM gigq.workflows_seq_seq)
