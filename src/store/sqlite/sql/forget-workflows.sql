-- Forgets workflows of which no job is left, by gigq_workflows_empty.
DELETE FROM gigq_workflows WHERE jobs = 0 AND completed_at < :before
