-- Whether there is anything of jobs, by a look at the first row of each table.
SELECT EXISTS (SELECT FROM gigq.jobs) OR EXISTS (SELECT FROM gigq.workflows) AS occupied
