-- The next stretch of jobs to look through for pruning, by primary key: bounded by what is read, not by what is found.
SELECT seq, lane, status, completed_at AS completedAt FROM gigq_jobs WHERE seq > :after ORDER BY seq LIMIT :limit
