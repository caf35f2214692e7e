-- How large the jobs are that move after a place, so that no page of them is too large. By primary key; the length of a text is
-- in the row, whatever pages hold the rest of it.
SELECT octet_length(params) + coalesce(octet_length(result), 0) AS bytes FROM gigq_jobs WHERE seq > :major ORDER BY seq LIMIT :limit
