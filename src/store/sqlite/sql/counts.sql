-- Jobs by state, from the counts that the lanes keep.
SELECT coalesce(sum(blocked), 0) AS blocked, coalesce(sum(scheduled), 0) AS scheduled, coalesce(sum(pending), 0) AS pending,
  coalesce(sum(running), 0) AS running, coalesce(sum(completed), 0) AS completed, coalesce(sum(failed), 0) AS failed,
  coalesce(sum(timeout), 0) AS timeout, coalesce(sum(cancelled), 0) AS cancelled
FROM gigq_lanes
