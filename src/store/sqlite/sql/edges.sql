-- The parents of a job in the order of its dependencies, by primary key.
SELECT parent_id AS id FROM gigq_edges WHERE child = :child ORDER BY place
