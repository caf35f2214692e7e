-- For the doctor: whether our role could make the schema, or what is missing in it.
SELECT coalesce(
  (SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = :schema),
  has_database_privilege(current_database(), 'CREATE')
) AS "mayCreate"
