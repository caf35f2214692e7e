-- Stores a workflow; one that is stored already is left as it is. Its row is locked either way, by its unique index.
INSERT INTO gigq.workflows (id, name, status, created_at, completed_at)
SELECT :id, :name, 'completed', clock.now, clock.now FROM (SELECT gigq.now_ms() AS now) AS clock
ON CONFLICT (id) DO NOTHING
