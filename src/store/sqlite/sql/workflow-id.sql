-- The id of a workflow, by primary key.
SELECT id FROM gigq_workflows WHERE seq = :seq
