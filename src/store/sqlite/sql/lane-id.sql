-- Finds a lane, by its unique index.
SELECT id FROM gigq_lanes WHERE queue = :queue AND task = :task AND suspect = :suspect
