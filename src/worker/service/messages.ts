/** What a service and its processes tell each other. */
import type { PlainError } from '../../core/errors.ts';
import type { LogEntry } from '../isolation/relayed-log.ts';
import type { WorkerOptions } from '../options.ts';

export type ProcessOptions = Omit<WorkerOptions, 'handleSignals' | 'logger'>;

/** What a process is there for. */
export interface Orders {
  readonly database: string;
  readonly options: ProcessOptions;
}

export type ToProcess =
  | { readonly type: 'start'; readonly orders: Orders }
  | { readonly type: 'stop'; readonly timeoutMs: number };

/** Handlers may send messages of their own, which are not for the service. */
export interface Envelope {
  readonly gigq: FromProcess;
}

export type FromProcess =
  | { readonly type: 'log'; readonly entry: LogEntry }
  /** Its worker is registered. */
  | { readonly type: 'ready' }
  /** It was told to stop by somebody else. */
  | { readonly type: 'stopping' }
  /** The last word; the error is null if its worker stopped as it should. */
  | { readonly type: 'over'; readonly error: PlainError | null };

export function openEnvelope(received: unknown): FromProcess | undefined {
  return (received as Envelope | null)?.gigq;
}
