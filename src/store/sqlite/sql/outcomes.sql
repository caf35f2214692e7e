-- How jobs stand, in the order of the ids given; a row of nulls where there is no such job. By the unique index on id.
SELECT job.status, job.result, job.error
FROM json_each(:ids) AS wanted LEFT JOIN gigq_jobs AS job ON job.id = wanted.value
ORDER BY wanted.key
