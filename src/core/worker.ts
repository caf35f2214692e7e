/** Workers as plain readonly data, as they cross the seam. */

/** Who a worker is: enough to tell, on its own host, whether its process is gone. */
export interface NewWorker {
  readonly instance: string;
  readonly label: string;
  readonly host: string;
  readonly pid: number;
  /** Start time of the process, boot id and pid namespace as the system tells them; null where it does not. */
  readonly pidStart: string | null;
  readonly bootId: string | null;
  readonly pidNamespace: string | null;
  readonly version: string;
  readonly queues: readonly string[] | null;
  readonly tasks: readonly string[];
  /** Those of them that always run in processes of their own, and those that could, for they come from modules. */
  readonly processTasks: readonly string[];
  readonly moduleTasks: readonly string[];
  readonly concurrency: number;
  readonly leaseMs: number;
}

/** A job that a worker runs at this moment. */
export interface RunningJob {
  readonly instance: string;
  readonly epoch: number;
  readonly id: string;
  readonly name: string;
  readonly task: string;
  readonly slot: string;
  readonly startedAtMs: number;
}

export interface WorkerRecord extends NewWorker {
  readonly epoch: number;
  readonly beat: number;
  readonly state: 'active' | 'stopping' | 'lost';
  readonly running: number;
  readonly startedAtMs: number;
  readonly heartbeatAtMs: number;
}

/** What a worker shares with whoever attends to it while it runs jobs; a store itself knows nothing of it. */
export interface Attention {
  /** Holds, as a double, the `seq` of the job whose handler was called and has not come back, else 0. */
  readonly stage: SharedArrayBuffer;
  /** Somebody starts another process when this one ends. */
  readonly isReplaceable: boolean;
  /** Tasks whose handlers run elsewhere, always or as suspects: they hold up nobody. */
  readonly awayTasks: readonly string[];
  readonly awaySuspects: readonly string[];
}

/** What a claim says to whoever may answer it a second time, by an event; a store itself knows nothing of it. */
export interface MayWait {
  /** The worker has nothing else to do: if there is nothing to take, the claim may wait. */
  readonly waits: boolean;
  /** The number of the last such event that the worker has heard. */
  readonly heard: number;
}

export interface AttendedWorker extends NewWorker {
  readonly attention?: Attention;
  /** Where it says that it has heard of jobs (see offers.ts). */
  readonly offers?: SharedArrayBuffer;
}
