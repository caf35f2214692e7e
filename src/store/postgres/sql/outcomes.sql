-- How jobs stand, in the order of the ids given; a row of nulls where there is no such job. By the unique index on id.
SELECT job.status, job.result, job.error
FROM unnest(:ids::text[]) WITH ORDINALITY AS wanted (id, place) LEFT JOIN gigq.jobs AS job ON job.id = wanted.id
ORDER BY wanted.place
