-- For the doctor's repairs: counts the jobs of all lanes again. Reads all jobs for each lane; in a write transaction.
UPDATE gigq_lanes SET
  blocked = (SELECT count(*) FROM gigq_jobs WHERE lane = gigq_lanes.id AND status = 'blocked'),
  scheduled = (SELECT count(*) FROM gigq_jobs WHERE lane = gigq_lanes.id AND status = 'scheduled'),
  pending = (SELECT count(*) FROM gigq_jobs WHERE lane = gigq_lanes.id AND status = 'pending'),
  running = (SELECT count(*) FROM gigq_jobs WHERE lane = gigq_lanes.id AND status = 'running'),
  completed = (SELECT count(*) FROM gigq_jobs WHERE lane = gigq_lanes.id AND status = 'completed'),
  failed = (SELECT count(*) FROM gigq_jobs WHERE lane = gigq_lanes.id AND status = 'failed'),
  timeout = (SELECT count(*) FROM gigq_jobs WHERE lane = gigq_lanes.id AND status = 'timeout'),
  cancelled = (SELECT count(*) FROM gigq_jobs WHERE lane = gigq_lanes.id AND status = 'cancelled')
