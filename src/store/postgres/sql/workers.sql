-- All workers, with how many jobs each runs at this moment, by jobs_running; or, :lostOnly, how many those do that are lost: while a
-- snapshot is held, all that a worker ran since is read to count what it runs.
SELECT instance, epoch, beat, label, host, pid, pid_start AS "pidStart", boot_id AS "bootId", pid_namespace AS "pidNamespace",
  version, queues, tasks, process_tasks AS "processTasks", module_tasks AS "moduleTasks", concurrency, lease_ms AS "leaseMs",
  stopping, started_at AS "startedAt", heartbeat_at AS "heartbeatAt", lost_at AS "lostAt",
  CASE WHEN :lostOnly::boolean AND lost_at IS NULL THEN 0 ELSE (
    SELECT count(*) FROM gigq.jobs WHERE worker = life.id AND status = 'running'
  ) END AS running
FROM gigq.workers AS life
ORDER BY id
