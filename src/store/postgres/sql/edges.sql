-- The parents of jobs, each in the order of its dependencies, by primary key.
SELECT child, parent_id AS id FROM gigq.edges WHERE child = ANY (:children::bigint[]) ORDER BY child, place
