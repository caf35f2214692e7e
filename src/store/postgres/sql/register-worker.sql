-- Begins a worker's life, with the epoch after its last. The unique index refuses a second life with the same epoch.
INSERT INTO gigq.workers (
  instance, epoch, label, host, pid, pid_start, boot_id, pid_namespace, version, queues, tasks, process_tasks, module_tasks,
  concurrency, lease_ms, started_at, heartbeat_at
)
SELECT :instance, (SELECT coalesce(max(epoch), 0) + 1 FROM gigq.workers WHERE instance = :instance), :label, :host, :pid,
  :pidStart, :bootId, :pidNamespace, :version, :queues, :tasks, :processTasks, :moduleTasks, :concurrency, :leaseMs,
  clock.now, clock.now
FROM (SELECT gigq.now_ms() AS now) AS clock
RETURNING epoch
