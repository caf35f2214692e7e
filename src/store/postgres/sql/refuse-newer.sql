-- Fails if the schema is newer than the version that is known, so that whatever was sent along does not become true. By primary
-- key. Read in each transaction, and so locked against being migrated until its end.
SELECT 1 / CASE WHEN max(version) > :version::integer THEN 0 ELSE 1 END AS known FROM gigq.migrations
