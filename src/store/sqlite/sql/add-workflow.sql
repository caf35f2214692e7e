-- Stores a workflow; one that is stored already is left as it is.
INSERT INTO gigq_workflows (id, name, status, created_at, completed_at) VALUES (:id, :name, 'completed', :now, :now)
ON CONFLICT (id) DO NOTHING
