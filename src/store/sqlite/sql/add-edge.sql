-- Makes a job wait for a parent.
INSERT INTO gigq_edges (child, place, parent, parent_id, refs) VALUES (:child, :place, :parent, :parentId, :refs)
