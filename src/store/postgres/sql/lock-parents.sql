-- Jobs that others are to wait for, by their ids. Locked against being written to: whoever ends one of them later sees
-- its new dependents; whoever is ending one just now is waited for.
SELECT seq, id, status FROM gigq.jobs WHERE id = ANY (:ids::text[])
ORDER BY seq
FOR SHARE
