-- For the doctor's repairs: keeps everybody else from writing jobs until the commit, and waits for those who have begun. Who
-- counts the jobs of a workflow writes jobs in the same transaction. Reading goes on.
LOCK TABLE gigq.jobs IN SHARE ROW EXCLUSIVE MODE
