-- The jobs that are first in line: of all that are ready the highest priority, then the first in. gigq_jobs_line holds them in
-- just that order, so a claim reads as many entries as it takes jobs, however many wait, and in however many queues. Race-free:
-- it runs under the write lock, and every job that it finds is leased (lease.sql) before the lock is let go. The plus keeps SQLite
-- from planning by the limit, and so from preparing the statement again for every claim.
SELECT seq, lane FROM gigq_jobs WHERE status = 'pending' ORDER BY priority DESC, seq LIMIT +:limit
