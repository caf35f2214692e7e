-- A worker's row, by workers_instance_epoch_key, locked against the share in it that every claim takes before its commit:
-- once this is answered, no earlier claim of the worker is on its way to be committed any more.
SELECT id FROM gigq.workers WHERE instance = :instance AND epoch = :epoch
FOR NO KEY UPDATE
