-- Holds a worker for dead, if it has not moved since it was sighted: the compare-and-set on which reaping rests.
UPDATE gigq_workers SET lost_at = coalesce(lost_at, :now)
WHERE instance = :instance AND epoch = :epoch AND beat = :beat
RETURNING id
