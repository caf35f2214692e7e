-- Adds lanes; one that another transaction is adding just now is waited for and left as it is.
INSERT INTO gigq.lanes (queue, task, suspect)
SELECT * FROM unnest(:queues::text[], :tasks::text[], :suspects::smallint[])
ON CONFLICT DO NOTHING
