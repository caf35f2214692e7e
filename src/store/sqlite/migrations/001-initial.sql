-- A lane is a queue and a task, its suspects apart: what a worker can or cannot run. It keeps count of its jobs by state, so that
-- claiming finds the lanes with ready jobs, and counting reads no jobs. Whether it has ready jobs is a column of its own, kept by
-- the trigger, so that an index of those that do is written when that changes, and not with every count.
CREATE TABLE gigq_lanes (
  id INTEGER PRIMARY KEY,
  queue TEXT NOT NULL,
  task TEXT NOT NULL,
  suspect INTEGER NOT NULL DEFAULT 0,
  blocked INTEGER NOT NULL DEFAULT 0,
  scheduled INTEGER NOT NULL DEFAULT 0,
  pending INTEGER NOT NULL DEFAULT 0,
  running INTEGER NOT NULL DEFAULT 0,
  completed INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  timeout INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0,
  has_ready INTEGER NOT NULL DEFAULT 0,
  UNIQUE (queue, task, suspect)
) STRICT;

CREATE INDEX gigq_lanes_ready ON gigq_lanes (id) WHERE has_ready = 1;
CREATE INDEX gigq_lanes_suspects ON gigq_lanes (id) WHERE suspect = 1 AND has_ready = 1;

CREATE TRIGGER gigq_lanes_has_ready AFTER UPDATE OF pending ON gigq_lanes WHEN new.has_ready <> (new.pending > 0)
BEGIN
  UPDATE gigq_lanes SET has_ready = new.pending > 0 WHERE id = new.id;
END;

-- A row for each life of a worker (epoch). Its jobs' leases are good while `beat` goes on and `lost_at` is null.
CREATE TABLE gigq_workers (
  id INTEGER PRIMARY KEY,
  instance TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  beat INTEGER NOT NULL DEFAULT 0,
  label TEXT NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  pid_start TEXT,
  boot_id TEXT,
  pid_namespace TEXT,
  version TEXT NOT NULL,
  queues TEXT,
  tasks TEXT NOT NULL,
  process_tasks TEXT NOT NULL,
  module_tasks TEXT NOT NULL,
  concurrency INTEGER NOT NULL,
  lease_ms INTEGER NOT NULL,
  stopping INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER NOT NULL,
  heartbeat_at INTEGER NOT NULL,
  lost_at INTEGER,
  UNIQUE (instance, epoch)
) STRICT;

-- A workflow keeps count of its jobs by state, as a lane does; its own status follows from those.
CREATE TABLE gigq_workflows (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  completed_at INTEGER,
  jobs INTEGER NOT NULL DEFAULT 0,
  blocked INTEGER NOT NULL DEFAULT 0,
  scheduled INTEGER NOT NULL DEFAULT 0,
  pending INTEGER NOT NULL DEFAULT 0,
  running INTEGER NOT NULL DEFAULT 0,
  completed INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  timeout INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX gigq_workflows_status ON gigq_workflows (status);
CREATE INDEX gigq_workflows_empty ON gigq_workflows (completed_at) WHERE jobs = 0;

-- `seq` is the order of insertion and never used twice. `token` is the lease: drawn at random by each claim.
-- `number` counts the runs, `attempts` those that are charged to `max_attempts`, `crashes` and `expiries` those that ended
-- with a process or a lease. `worker` and `slot` mean something
-- only while a job is running. `waiting_for` counts the parents that hold the job up: a job that is neither running nor
-- final is blocked just while it is over 0. `taken_down_by` is the parent whose end cancelled it. Instants are milliseconds since 1970 (UTC).
CREATE TABLE gigq_jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  lane INTEGER NOT NULL REFERENCES gigq_lanes (id),
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  params TEXT NOT NULL,
  priority INTEGER NOT NULL,
  status TEXT NOT NULL,
  max_attempts INTEGER NOT NULL,
  timeout TEXT,
  retry TEXT,
  workflow INTEGER REFERENCES gigq_workflows (seq),
  parents INTEGER NOT NULL DEFAULT 0,
  waiting_for INTEGER NOT NULL DEFAULT 0,
  on_parent_failure TEXT,
  pass_results INTEGER NOT NULL DEFAULT 0,
  has_inputs INTEGER NOT NULL DEFAULT 0,
  taken_down_by INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  crashes INTEGER NOT NULL DEFAULT 0,
  expiries INTEGER NOT NULL DEFAULT 0,
  number INTEGER NOT NULL DEFAULT 0,
  token INTEGER,
  worker INTEGER,
  slot TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  run_at INTEGER,
  started_at INTEGER,
  completed_at INTEGER,
  progress TEXT,
  result TEXT,
  error TEXT
) STRICT;

CREATE INDEX gigq_jobs_line ON gigq_jobs (priority DESC, seq, lane) WHERE status = 'pending';
CREATE INDEX gigq_jobs_ready ON gigq_jobs (lane, priority DESC) WHERE status = 'pending';
CREATE INDEX gigq_jobs_due ON gigq_jobs (run_at) WHERE status = 'scheduled';
CREATE INDEX gigq_jobs_running ON gigq_jobs (worker) WHERE status = 'running';
CREATE INDEX gigq_jobs_workflow ON gigq_jobs (workflow) WHERE workflow IS NOT NULL;

-- What a job waits for, in the order of its dependencies. The parent's id is kept here as well, for it outlives the
-- parent's row. `refs` tells where in the params the parent's result goes, as JSON.
CREATE TABLE gigq_edges (
  child INTEGER NOT NULL REFERENCES gigq_jobs (seq) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  parent INTEGER NOT NULL,
  parent_id TEXT NOT NULL,
  refs TEXT,
  PRIMARY KEY (child, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX gigq_edges_parent ON gigq_edges (parent);

-- How runs ended. The latest run of a job is read off the job's row, if it is in progress or ended the job as it ended itself.
CREATE TABLE gigq_executions (
  job INTEGER NOT NULL REFERENCES gigq_jobs (seq) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  token INTEGER NOT NULL,
  slot TEXT NOT NULL,
  status TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  completed_at INTEGER NOT NULL,
  error TEXT,
  PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;
