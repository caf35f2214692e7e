-- Where a job stands, by its id.
SELECT seq, lane, status, token FROM gigq_jobs WHERE id = :id
