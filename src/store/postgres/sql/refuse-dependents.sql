-- Fails if others wait for jobs that :ended in this transaction, so that it does not become true, by edges_parent. A statement of
-- its own after the one that wrote them: who adds a dependent locks its parent, so a dependent is either seen here or sees how
-- the parent ended.
SELECT 1 / CASE WHEN EXISTS (SELECT FROM gigq.edges WHERE parent = ANY (:ended::bigint[])) THEN 0 ELSE 1 END AS alone
