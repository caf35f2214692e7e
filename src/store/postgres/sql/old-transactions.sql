-- For the doctor: transactions that have been open for so long, oldest first, and replication slots that nobody uses:
-- vacuum removes nothing that one of them may still see. Of other roles' sessions only who is in pg_read_all_stats sees when
-- they began.
SELECT pid, coalesce(nullif(application_name, ''), 'no name') AS name, usename AS role, state,
  extract(epoch FROM clock_timestamp() - xact_start)::double precision AS "ageS",
  backend_xid IS NOT NULL OR backend_xmin IS NOT NULL AS "holdsRows"
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type IN ('client backend', 'walsender')
  AND xact_start < clock_timestamp() - make_interval(secs => :olderThanS::double precision)
UNION ALL
SELECT NULL, gid, owner, 'prepared', extract(epoch FROM clock_timestamp() - prepared)::double precision, true
FROM pg_prepared_xacts
WHERE database = current_database() AND prepared < clock_timestamp() - make_interval(secs => :olderThanS::double precision)
UNION ALL
SELECT NULL, slot_name, NULL, 'slot', NULL, true
FROM pg_replication_slots
WHERE NOT active AND xmin IS NOT NULL
ORDER BY "ageS" DESC NULLS LAST
