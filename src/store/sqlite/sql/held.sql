-- The leases of a worker, by gigq_jobs_running.
SELECT seq, lane, workflow, token FROM gigq_jobs WHERE worker = :worker AND status = 'running'
