-- Says what has moved, and so that all has.
UPDATE gigq_moves SET moved = :moved, ended_at = :now
