-- For the doctor: whether our role sees when the transactions of other roles began.
SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS "seesAll"
