-- Where a job stands, by its id.
SELECT seq, lane, workflow, status, token, parents, on_parent_failure AS policy FROM gigq_jobs WHERE id = :id
