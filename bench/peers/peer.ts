// The one face that every queue shows to the bench: an adapter has no more than this, and all are timed by the same code.

/** A small, ordinary payload: about a hundred bytes of JSON. */
export interface Params {
  readonly n: number;
  readonly to: string;
  readonly subject: string;
  readonly locale: string;
  /** When it was submitted. */
  readonly sent?: number;
}

export type Handler = (params: Params) => Promise<{ readonly ok: boolean; readonly n: number }>;

export interface RunningWorker {
  readonly stop: () => unknown;
}

export interface Peer {
  /** Makes an empty store, and opens it. */
  readonly setup: () => Promise<void>;
  /** Opens the store that is there. */
  readonly open: () => Promise<void>;
  readonly close: () => Promise<void>;
  readonly add: (params: Params) => Promise<unknown>;
  /** Its call for many at once, if it has one. */
  readonly addMany?: (params: readonly Params[]) => Promise<unknown>;
  /** How many that call is given; default a thousand. */
  readonly bulkSize?: number;
  readonly startWorker: (handler: Handler, concurrency: number) => Promise<RunningWorker>;
  /** How many jobs are not yet durably completed, read from the store. */
  readonly unfinished: () => Promise<number>;
}

/** What the parent has prepared for the adapters, in the environment of their processes. */
export function prepared(
  name: 'BENCH_PEER_DATA' | 'BENCH_PEER_VARIANT' | 'BENCH_PEER_REDIS' | 'BENCH_PEER_POSTGRES',
): string {
  return process.env[name] ?? '';
}
