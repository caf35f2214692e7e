-- Where a job stands, by its id.
SELECT seq, lane, workflow, status, token, number, parents, on_parent_failure AS policy, taken_down_by AS "takenDownBy"
FROM gigq.jobs WHERE id = :id
