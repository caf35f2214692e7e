-- For the doctor, in a transaction that reads: tables with rows that refer to others which are not there. Reads all rows.
SELECT 'jobs' AS id WHERE EXISTS (
  SELECT FROM gigq.jobs AS job
  WHERE NOT EXISTS (SELECT FROM gigq.lanes WHERE lanes.id = job.lane)
    OR (workflow IS NOT NULL AND NOT EXISTS (SELECT FROM gigq.workflows WHERE workflows.seq = job.workflow)))
UNION ALL
SELECT 'edges' WHERE EXISTS (
  SELECT FROM gigq.edges AS edge WHERE NOT EXISTS (SELECT FROM gigq.jobs WHERE jobs.seq = edge.child))
UNION ALL
SELECT 'executions' WHERE EXISTS (
  SELECT FROM gigq.executions AS execution WHERE NOT EXISTS (SELECT FROM gigq.jobs WHERE jobs.seq = execution.job))
