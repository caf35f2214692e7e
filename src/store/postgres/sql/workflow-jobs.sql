-- The jobs of a workflow in some of the states, by jobs_workflow, locked in the order of insertion.
SELECT seq, id, lane, workflow, status, token, parents, on_parent_failure AS policy, taken_down_by AS "takenDownBy"
FROM gigq.jobs
WHERE workflow = :workflow AND status = ANY (:statuses::text[])
ORDER BY seq
FOR NO KEY UPDATE
