-- Leases the jobs that claim.sql found, each with a token and a slot of its own, by primary key, under the same write lock.
UPDATE gigq_jobs
SET status = 'running', token = lease.value ->> 1, slot = lease.value ->> 2, worker = :worker, attempts = attempts + 1,
  number = number + 1, started_at = :now, updated_at = :now, completed_at = NULL, progress = NULL
FROM json_each(:leases) AS lease
WHERE gigq_jobs.seq = lease.value ->> 0
