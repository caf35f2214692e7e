-- The version of the schema, by primary key: looked at in each write transaction, for another process may have migrated.
SELECT max(version) AS version FROM gigq_migrations
