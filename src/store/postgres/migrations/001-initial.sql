-- The one clock of this schema, in milliseconds since 1970 (UTC): whatever is compared or stored as an instant comes from
-- here, never from a client. As a function, so that tests can replace it by a clock of their own.
CREATE FUNCTION gigq.now_ms() RETURNS bigint LANGUAGE sql VOLATILE
RETURN floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint;

-- A lane is a queue and a task, its suspects apart: what a worker can or cannot run. Rows are added and never changed, so
-- they can be remembered. They hold no counts: a row that every commit changes would make all commits wait for each other.
CREATE TABLE gigq.lanes (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue text NOT NULL,
  task text NOT NULL,
  suspect smallint NOT NULL,
  UNIQUE (queue, task, suspect)
);

-- A row for each life of a worker (epoch). Its jobs' leases are good while `beat` goes on and `lost_at` is null.
CREATE TABLE gigq.workers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  instance text NOT NULL,
  epoch integer NOT NULL,
  beat bigint NOT NULL DEFAULT 0,
  label text NOT NULL,
  host text NOT NULL,
  pid integer NOT NULL,
  pid_start text,
  boot_id text,
  pid_namespace text,
  version text NOT NULL,
  queues text,
  tasks text NOT NULL,
  process_tasks text NOT NULL,
  module_tasks text NOT NULL,
  concurrency integer NOT NULL,
  lease_ms bigint NOT NULL,
  stopping smallint NOT NULL DEFAULT 0,
  started_at bigint NOT NULL,
  heartbeat_at bigint NOT NULL,
  lost_at bigint,
  UNIQUE (instance, epoch)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- A workflow keeps count of its jobs by state; its own status follows from those. Half of each page is left free, so that
-- counts are changed within the page, without touching an index.
CREATE TABLE gigq.workflows (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  name text NOT NULL,
  status text NOT NULL,
  created_at bigint NOT NULL,
  completed_at bigint,
  jobs integer NOT NULL DEFAULT 0,
  blocked integer NOT NULL DEFAULT 0,
  scheduled integer NOT NULL DEFAULT 0,
  pending integer NOT NULL DEFAULT 0,
  running integer NOT NULL DEFAULT 0,
  completed integer NOT NULL DEFAULT 0,
  failed integer NOT NULL DEFAULT 0,
  timeout integer NOT NULL DEFAULT 0,
  cancelled integer NOT NULL DEFAULT 0
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX workflows_status ON gigq.workflows (status, seq);
CREATE INDEX workflows_empty ON gigq.workflows (completed_at) WHERE jobs = 0;

-- `seq` is the order of insertion and never used twice. `token` is the lease: drawn at random by each claim.
-- `number` counts the runs, `attempts` those that are charged to `max_attempts`, `crashes` and `expiries` those that ended
-- with a process or a lease. `worker` and `slot` mean something only while a job is running. `waiting_for` counts the
-- parents that hold the job up: a job that is neither running nor final is blocked just while it is over 0.
-- `taken_down_by` is the parent whose end cancelled it. JSON is kept as text: jsonb refuses \u0000, and nobody looks into it.
-- There are no foreign keys: each would lock and look up a row for every write, and whoever writes these tables sees to
-- what they would. Dead rows pile up with every claim and settlement, so vacuum comes early and does not dawdle. Three tenths of
-- each page are left free: what a job becomes is then mostly written on its page, which takes an eighth less of write-ahead log
-- than on full pages, at no more room. No index is spared by it, for each state is in the condition of one.
CREATE TABLE gigq.jobs (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  lane integer NOT NULL,
  name text NOT NULL,
  description text NOT NULL,
  params text NOT NULL,
  priority bigint NOT NULL,
  status text NOT NULL,
  max_attempts bigint NOT NULL,
  timeout text,
  retry text,
  workflow bigint,
  parents integer NOT NULL DEFAULT 0,
  waiting_for integer NOT NULL DEFAULT 0,
  on_parent_failure text,
  pass_results smallint NOT NULL DEFAULT 0,
  has_inputs smallint NOT NULL DEFAULT 0,
  taken_down_by bigint,
  attempts bigint NOT NULL DEFAULT 0,
  crashes integer NOT NULL DEFAULT 0,
  expiries integer NOT NULL DEFAULT 0,
  number integer NOT NULL DEFAULT 0,
  token bigint,
  worker bigint,
  slot text,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  run_at bigint,
  started_at bigint,
  completed_at bigint,
  progress text,
  result text,
  error text
) WITH (
  fillfactor = 70,
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_insert_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.02,
  autovacuum_vacuum_cost_delay = 0
);

-- The line holds what is ready in the order of claims, of all lanes together; `ready` holds each lane's. Each is for rows of
-- which something is said that is true of all, and that only its own queries say: so no planner takes the one for the other,
-- which would lead through all that others wait for, or sort it.
CREATE INDEX jobs_line ON gigq.jobs (priority DESC, seq) INCLUDE (lane) WHERE status = 'pending' AND seq > 0;
CREATE INDEX jobs_ready ON gigq.jobs (lane, priority DESC, seq) WHERE status = 'pending' AND lane > 0;
CREATE INDEX jobs_due ON gigq.jobs (run_at) WHERE status = 'scheduled';
CREATE INDEX jobs_running ON gigq.jobs (worker, started_at, seq) WHERE status = 'running';
CREATE INDEX jobs_workflow ON gigq.jobs (workflow, seq) WHERE workflow IS NOT NULL;

-- What a job waits for, in the order of its dependencies. The parent's id is kept here as well, for it outlives the
-- parent's row. `refs` tells where in the params the parent's result goes, as JSON.
CREATE TABLE gigq.edges (
  child bigint NOT NULL,
  place integer NOT NULL,
  parent bigint NOT NULL,
  parent_id text NOT NULL,
  refs text,
  PRIMARY KEY (child, place)
);

CREATE INDEX edges_parent ON gigq.edges (parent);

-- How runs ended. The latest run of a job is read off the job's row, if it is in progress or ended the job as it ended itself.
CREATE TABLE gigq.executions (
  job bigint NOT NULL,
  number integer NOT NULL,
  attempt bigint NOT NULL,
  token bigint NOT NULL,
  slot text NOT NULL,
  status text NOT NULL,
  started_at bigint NOT NULL,
  completed_at bigint NOT NULL,
  error text,
  PRIMARY KEY (job, number)
);
