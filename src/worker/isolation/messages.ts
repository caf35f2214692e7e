/** What crosses the border of a handler process or thread, as plain data. */
import type { Outcome } from '../../core/decide.ts';
import type { PlainError } from '../../core/errors.ts';
import type { ClaimedJob, Inputs, Progress } from '../../core/job.ts';
import { property } from '../../core/preview.ts';
import type { NoInputs } from '../../store/store.ts';
import type { AbortCode } from '../attempt.ts';
import type { LogEntry } from './relayed-log.ts';

export type ToRunner =
  /** Answered by `ready`, also if the module cannot be imported: its jobs will say so. */
  | { readonly type: 'load'; readonly file: string }
  | {
      readonly type: 'run';
      readonly job: ClaimedJob;
      /** What the job's parents came to, if it is to be asked for. */
      readonly inputs: Inputs | NoInputs | null;
      /** The module that exports the job's task. */
      readonly file: string;
    }
  | { readonly type: 'abort'; readonly code: AbortCode }
  | { readonly type: 'close' };

export type FromRunner =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'log'; readonly entry: LogEntry }
  | {
      readonly type: 'ended';
      readonly outcome: Outcome | null;
      readonly abort: AbortCode | null;
      readonly thrown: PlainError | null;
      readonly tookMs: number;
      /** Nothing is left of the job that the next one could come upon. */
      readonly isClean: boolean;
    }
  /** An error of a handler whose attempt had ended. */
  | { readonly type: 'stray'; readonly error: PlainError };

/** Handlers can send and post as well: what is not wrapped like this is none of ours. */
export interface Envelope {
  readonly gigq: FromRunner;
}

export function openEnvelope(received: unknown): FromRunner | undefined {
  return property(received, 'gigq') as FromRunner | undefined;
}
