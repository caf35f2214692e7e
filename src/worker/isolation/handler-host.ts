/** A handler process or thread from the worker's side: one job at a time, until it ends. */
import type { ClaimedJob, Inputs, JobError, Progress } from '../../core/job.ts';
import { fromPlainError } from '../../core/errors.ts';
import type { Logger } from '../../client/logger.ts';
import type { NoInputs } from '../../store/store.ts';
import type { AbortCode, Ending } from '../attempt.ts';
import type { Channel, ChannelListener } from './channel.ts';
import { openProcess } from './handler-process.ts';
import { openThread } from './handler-thread.ts';
import type { FromRunner } from './messages.ts';
import type { Place } from './place.ts';
import { logEntry } from './relayed-log.ts';

/** A job with what running it elsewhere takes. */
export interface Errand {
  readonly job: ClaimedJob;
  readonly inputs: Inputs | NoInputs | null;
  readonly file: string;
  progressed(progress: Progress): void;
}

export interface HostParts {
  readonly place: Place;
  readonly logger: Logger;
  /** Of the worker: nothing may run on beyond it. */
  readonly leaseMs: number;
  /** It has ended, by itself or because it was told to. */
  ended(host: HandlerHost): void;
}

/** How long one may take to start and to import a module, and how long an idle one may take to end. */
const startMs = 30_000;
const closeMs = 500;

export class HandlerHost {
  readonly place: Place;
  readonly gone: Promise<void>;
  readonly #parts: HostParts;
  readonly #channel: Channel;
  readonly #files = new Set<string>();
  readonly #gone = Promise.withResolvers<void>();
  #waiting: { readonly resolve: () => void; readonly impatience: NodeJS.Timeout } | null = null;
  #started: Promise<void>;
  #errand: Errand | null = null;
  #end: (ending: Ending) => void = () => undefined;
  #isWorn = false;
  #epitaph: string | null = null;

  constructor(parts: HostParts) {
    const { place } = parts;
    this.place = place;
    this.gone = this.#gone.promise;
    this.#parts = parts;
    const listener: ChannelListener = {
      received: (message) => this.#receive(message),
      ended: (how, details) => this.#ended(how, details?.isAbandoned === true),
    };
    this.#channel =
      place.kind === 'process'
        ? openProcess(place, listener, parts.leaseMs)
        : openThread(place, listener);
    this.#started = this.#nextReady();
    this.#channel.hold(false);
  }

  get isGone(): boolean {
    return this.#epitaph !== null;
  }

  /** It may run another job. */
  get isUsable(): boolean {
    return !this.isGone && !this.#isWorn;
  }

  /** Resolves once it can run the tasks of a module, or has ended in the attempt: that takes 30 s at most. */
  prepare(file: string): Promise<void> {
    // One module after the other: each is waited for by itself.
    this.#started = this.#started.then(() => this.#load(file));
    return this.#started;
  }

  /** Runs the job; resolves with how that ended, if only by the end of the process. */
  run(errand: Errand): Promise<Ending> {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.#errand = errand;
    this.#end = resolve;
    const { job, inputs, file } = errand;
    if (this.#epitaph === null) {
      this.#channel.hold(true);
      this.#channel.post({ type: 'run', job, inputs, file });
    } else this.#finish(crashed(this.#epitaph));
    return promise;
  }

  abort(code: AbortCode): void {
    this.#channel.post({ type: 'abort', code });
  }

  /** Lets it end by itself: it has nothing to do. */
  close(): void {
    this.#isWorn = true;
    this.#channel.post({ type: 'close' });
    const impatience = setTimeout(() => this.kill(), closeMs).unref();
    void this.gone.then(() => clearTimeout(impatience));
  }

  kill(): void {
    this.#isWorn = true;
    this.#channel.kill();
  }

  #receive(message: FromRunner): void {
    const { logger } = this.#parts;
    if (message.type === 'ready') this.#stopWaiting();
    else if (message.type === 'progress') this.#errand?.progressed(message.progress);
    else if (message.type === 'log') logEntry(logger, message.entry);
    else if (message.type === 'stray') this.#strayed(fromPlainError(message.error));
    else {
      const { outcome, abort, thrown, tookMs, isClean } = message;
      if (!isClean) this.#isWorn = true;
      this.#finish({
        outcome,
        abort,
        tookMs,
        thrown: thrown === null ? undefined : fromPlainError(thrown),
      });
    }
  }

  #load(file: string): Promise<void> {
    if (this.isGone || this.#files.has(file)) return Promise.resolve();
    this.#files.add(file);
    this.#channel.post({ type: 'load', file });
    return this.#nextReady();
  }

  #nextReady(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const impatience = setTimeout(() => this.kill(), startMs).unref();
    this.#waiting = { resolve, impatience };
    return promise;
  }

  /** For the next `ready`: it has come, or never will. */
  #stopWaiting(): void {
    clearTimeout(this.#waiting?.impatience);
    this.#waiting?.resolve();
    this.#waiting = null;
  }

  /** What one handler left behind must not reach the next. */
  #strayed(err: Error): void {
    this.#parts.logger.error({ err }, 'A handler failed after its attempt had ended');
    if (this.#errand === null) this.kill();
    else this.#isWorn = true;
  }

  #finish(ending: Ending): void {
    this.#channel.hold(false);
    this.#errand = null;
    this.#end(ending);
  }

  #ended(how: string, isAbandoned: boolean): void {
    this.#epitaph = how;
    this.#stopWaiting();
    this.#gone.resolve();
    if (this.#errand !== null) this.#finish(isAbandoned ? givenBack : crashed(how));
    this.#parts.ended(this);
  }
}

/** Nobody is to blame but who stopped the worker. */
const givenBack: Ending = { outcome: { kind: 'released' }, thrown: undefined, abort: null };

export function crashed(how: string): Ending {
  const error: JobError = { name: 'HandlerCrashed', message: how };
  return { outcome: { kind: 'crashed', error }, thrown: fromPlainError(error), abort: null };
}
