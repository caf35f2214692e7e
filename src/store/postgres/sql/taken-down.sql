-- Whose ending took a job down, by primary key: one step of the way up to the first cause.
SELECT id, name, status, CASE WHEN status = 'cancelled' THEN taken_down_by END AS "takenDownBy"
FROM gigq.jobs WHERE seq = :seq
