-- The edges that have moved after a place, in their order. By primary key; in the transaction that brought them.
SELECT child, place, parent, parent_id, refs
FROM gigq.edges
WHERE (child, place) > (:major::bigint, :minor::integer)
ORDER BY child, place
LIMIT :limit::integer
