-- For the doctor, in a transaction that reads: jobs whose status is none that there is. Reads all jobs.
SELECT id FROM gigq.jobs WHERE status NOT IN ('blocked', 'scheduled', 'pending', 'running', 'completed', 'failed', 'timeout', 'cancelled')
