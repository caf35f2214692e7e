-- For the doctor: the tables of the schema, how many of their rows are dead, when they were vacuumed last, and whether that is
-- done by itself.
SELECT relname AS name,
  pg_stat_get_live_tuples(pg_class.oid) AS live,
  pg_stat_get_dead_tuples(pg_class.oid) AS dead,
  extract(epoch FROM clock_timestamp()
    - greatest(pg_stat_get_last_autovacuum_time(pg_class.oid), pg_stat_get_last_vacuum_time(pg_class.oid)))::double precision
    AS "vacuumedS",
  coalesce('autovacuum_enabled=false' = ANY (reloptions) OR 'autovacuum_enabled=off' = ANY (reloptions), false) AS "isLeftAlone"
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = :schema AND relkind IN ('r', 'p')
ORDER BY relname
