/** The deadlines of a worker that stops: until then handlers may end by themselves, then they are aborted, then given up. */
import { defaults } from '../core/limits.ts';
import { Alarm } from './alarm.ts';

export interface CountdownHost {
  readonly isRunning: boolean;
  /** Handlers have to stop now. */
  timeIsUp(): void;
  /** What could not be recorded by now is not waited for. */
  giveUp(): void;
}

/** Beyond the grace of the handlers: to record that their jobs were given back. */
const recordingMs = 1000;

export class Countdown {
  readonly #host: CountdownHost;
  readonly #deadline = new Alarm(() => this.#timeIsUp());
  readonly #lastCall: Alarm;
  #deadlineAtMs = Infinity;

  constructor(host: CountdownHost) {
    this.#host = host;
    this.#lastCall = new Alarm(() => host.giveUp());
  }

  get isOver(): boolean {
    return this.#deadlineAtMs <= performance.now();
  }

  /** Of several limits the earliest counts. */
  limitTo(ms: number): void {
    const atMs = performance.now() + ms;
    if (atMs >= this.#deadlineAtMs) return;
    this.#deadlineAtMs = atMs;
    this.#deadline.set(ms);
  }

  clear(): void {
    this.#deadlineAtMs = -Infinity;
    this.#deadline.clear();
    this.#lastCall.clear();
  }

  #timeIsUp(): void {
    const graceMs = this.#host.isRunning ? defaults.graceMs : 0;
    this.#lastCall.set(graceMs + recordingMs);
    this.#host.timeIsUp();
  }
}
