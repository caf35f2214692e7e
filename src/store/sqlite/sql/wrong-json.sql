-- For the doctor, in a transaction that reads: jobs with something that should be JSON and is not. Reads all jobs.
SELECT id FROM gigq_jobs
WHERE NOT coalesce(json_valid(params), 1) OR NOT coalesce(json_valid(retry), 1) OR NOT coalesce(json_valid(progress), 1) OR NOT coalesce(json_valid(result), 1) OR NOT coalesce(json_valid(error), 1)
