-- The jobs of a workflow in some of the states, by gigq_jobs_workflow.
SELECT seq, id, lane, workflow, status, token, parents, on_parent_failure AS policy FROM gigq_jobs
WHERE workflow = :workflow AND status IN (SELECT value FROM json_each(:statuses))
ORDER BY seq
