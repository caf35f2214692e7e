-- How a job stands, by its id.
SELECT status, result, error FROM gigq_jobs WHERE id = :id
