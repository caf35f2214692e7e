-- Remembers what has moved, in the transaction that brought it.
INSERT INTO gigq.moves (id, source, moved, moved_at) VALUES (:id, :from, :moved, gigq.now_ms())
