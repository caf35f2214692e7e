-- Forgets workflows of which no job is left, by workflows_empty.
DELETE FROM gigq.workflows WHERE jobs = 0 AND completed_at < :before::bigint
