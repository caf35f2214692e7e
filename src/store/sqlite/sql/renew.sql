-- The heartbeat: one write a worker, not one a job. Changes nothing once the worker was held for dead.
UPDATE gigq_workers SET beat = beat + 1, heartbeat_at = :now, stopping = :stopping
WHERE instance = :instance AND epoch = :epoch AND lost_at IS NULL
