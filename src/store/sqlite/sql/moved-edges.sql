-- The edges that move after a place, in their order. By primary key; nobody writes meanwhile, for the file is marked.
SELECT child, place, parent, parent_id, refs
FROM gigq_edges
WHERE (child, place) > (:major, :minor)
ORDER BY child, place
LIMIT :limit
