/** Every bound and every default of gigq, in one place. */

const mebibyte = 1_048_576;

/** What is refused, cut or paged beyond. Bytes are those of UTF-8. */
export const limits = {
  paramsBytes: mebibyte,
  resultBytes: mebibyte,
  resolvedParamsBytes: 16 * mebibyte,
  errorBytes: 8192,
  stackBytes: 16_384,
  /** Errors of a chain of causes that are kept, the first one included. */
  errorDepth: 5,
  jsonDepth: 64,
  jobsPerUnit: 50_000,
  pageSize: 100,
  pageSizeMax: 1000,
  executionsShown: 100,
  /** Jobs that are named of those that a worker runs. */
  runningShown: 100,
  /** Runs of a job that may end with its process, and with its worker's lease, before it is not run again. */
  crashes: 3,
  expiries: 5,
  taskNameLength: 128,
  queueNameLength: 128,
  jobIdLength: 128,
  jobNameLength: 256,
  descriptionLength: 10_000,
  /** 100 years: an instant that far away is still a date that every store can hold. */
  durationMs: 36_525 * 86_400_000,
} as const;

/** What a commit is to survive: power loss, or only the end of every process. */
export const durabilities = ['full', 'relaxed'] as const;
export type Durability = (typeof durabilities)[number];

/** What holds when nobody says otherwise. */
export const defaults = {
  maxAttempts: 3,
  timeout: '300s',
  retryDelay: '0ms',
  priority: 0,
  queue: 'default',
  onParentFailure: 'cancel',
  concurrency: 1,
  pollingInterval: '5s',
  leaseDuration: '30s',
  /** A worker beats this often in the length of a lease. */
  beatsPerLease: 3,
  shutdownTimeout: '20s',
  graceMs: 5000,
  sweepMs: 5000,
  sweepJitter: 0.2,
  busyMs: 30_000,
} as const;
