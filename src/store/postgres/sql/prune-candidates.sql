-- The next stretch of jobs to look through for pruning, newest first, by primary key: dependents mostly come before their
-- parents, which they may need. Bounded by what is read, not by what is found.
SELECT seq, status, completed_at AS "completedAt" FROM gigq.jobs WHERE seq < :below ORDER BY seq DESC LIMIT :limit
