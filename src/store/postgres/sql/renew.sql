-- The heartbeat: one write a worker, not one a job. Changes nothing once the worker was held for dead.
UPDATE gigq.workers SET beat = beat + 1, heartbeat_at = gigq.now_ms(), stopping = :stopping
WHERE instance = :instance AND epoch = :epoch AND lost_at IS NULL
RETURNING id
