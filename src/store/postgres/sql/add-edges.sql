-- Makes jobs wait for parents.
INSERT INTO gigq.edges (child, place, parent, parent_id, refs)
SELECT * FROM unnest(:children::bigint[], :places::integer[], :parents::bigint[], :parentIds::text[], :refs::text[])
