-- Begins a worker's life.
INSERT INTO gigq_workers (
  instance, epoch, label, host, pid, pid_start, boot_id, pid_namespace, version, queues, tasks, process_tasks, module_tasks, concurrency, lease_ms,
  started_at, heartbeat_at
)
VALUES (
  :instance, :epoch, :label, :host, :pid, :pidStart, :bootId, :pidNamespace, :version, :queues, :tasks, :processTasks, :moduleTasks, :concurrency, :leaseMs,
  :now, :now
)
