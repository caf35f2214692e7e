-- Holds a worker for dead, if it has not moved since it was sighted: the compare-and-set on which reaping rests.
UPDATE gigq.workers SET lost_at = coalesce(lost_at, gigq.now_ms())
WHERE instance = :instance AND epoch = :epoch AND beat = :beat
RETURNING id
