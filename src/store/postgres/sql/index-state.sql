-- For the doctor: the indexes of the schema. One is not valid while it is built beside the work that goes on, and stays so if
-- that fails.
SELECT relname AS name, indisvalid AND indisready AS "isValid"
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = :schema
