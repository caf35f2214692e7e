-- Adds edges. The tables are locked against all other writers.
INSERT INTO gigq.edges (child, place, parent, parent_id, refs)
SELECT * FROM unnest(:child::bigint[], :place::integer[], :parent::bigint[], :parent_id::text[], :refs::text[])
