-- Adds a lane; the write lock is held, so nobody else can have added it since it was looked for.
INSERT INTO gigq_lanes (queue, task, suspect) VALUES (:queue, :task, :suspect) RETURNING id
