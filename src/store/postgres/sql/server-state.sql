-- For the doctor: what a server is, how it is set, and how many use it. Of the backends of others anybody may know that they
-- are there.
SELECT current_setting('server_version') AS version,
  current_setting('server_version_num')::integer AS "versionNumber",
  current_user AS role,
  pg_backend_pid() AS pid,
  (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS "nowMs",
  pg_is_in_recovery() AS "isStandby",
  current_setting('default_transaction_read_only') AS "readOnly",
  current_setting('synchronous_commit') AS "synchronousCommit",
  current_setting('fsync') AS fsync,
  current_setting('full_page_writes') AS "fullPageWrites",
  current_setting('autovacuum') AS autovacuum,
  current_setting('track_counts') AS "trackCounts",
  current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer AS "connectionsAtMost",
  (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS "connectionsUsed"
