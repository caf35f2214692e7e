-- The version of the schema, by primary key. Read in each transaction, and so locked against being migrated until its end.
SELECT max(version) AS version FROM gigq.migrations
