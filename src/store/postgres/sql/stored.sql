-- Those of the jobs that are stored already, by the unique index on id.
SELECT seq, id FROM gigq.jobs WHERE id = ANY (:ids::text[])
