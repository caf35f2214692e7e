-- For the doctor: what our role is not granted of what working takes, as GRANT names it. Tables that are not there are left out.
SELECT 'USAGE' AS privilege, 'SCHEMA' AS kind, NULL AS name, 0 AS place
FROM pg_namespace WHERE nspname = :schema AND NOT has_schema_privilege(pg_namespace.oid, 'USAGE')
UNION ALL
SELECT privilege, 'TABLE', relname::text, place
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) WITH ORDINALITY AS needed (privilege, place)
WHERE nspname = :schema AND relname = ANY (:tables::text[]) AND (relname <> 'migrations' OR privilege = 'SELECT')
  AND NOT has_table_privilege(pg_class.oid, privilege)
UNION ALL
SELECT 'EXECUTE', 'FUNCTION', proname::text || '()', 0
FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
WHERE nspname = :schema AND proname = 'now_ms' AND NOT has_function_privilege(pg_proc.oid, 'EXECUTE')
ORDER BY kind, name, place
