-- Wakes others up. A transaction of its own: a commit that notifies has to wait for all others that do. It need not reach
-- the disk, for all of it is hints.
SELECT set_config('synchronous_commit', 'off', true), pg_notify(channel, :sender)
FROM unnest(:channels::text[]) AS channel
