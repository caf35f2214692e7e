-- Writes the statuses that follow from the counts of workflows, in the transaction that holds their rows. By primary key.
UPDATE gigq.workflows AS workflow
SET status = given.status, completed_at = CASE WHEN given.status <> 'running' THEN (SELECT gigq.now_ms()) END
FROM unnest(:workflows::bigint[], :statuses::text[]) AS given (seq, status)
WHERE workflow.seq = given.seq
