-- Says where the jobs move to. The only row of its table.
INSERT INTO gigq_moves (id, target, landing, begun_at) VALUES (:id, :target, :landing, :now)
