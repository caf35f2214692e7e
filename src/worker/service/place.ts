/** A place of a service: a worker process lives there, and when it ends another one takes its place. */
import { Alarm } from '../alarm.ts';
import { type ChildEnd, type ChildParts, neverStarted, ServiceChild } from './child.ts';
import { Backoff } from '../trouble.ts';
import { within } from '../within.ts';

export interface PlaceHost {
  /** What the process of this place is started with. */
  partsOf(place: Place): ChildParts;
  /** A process has ended; it is replaced unless the place is stopped now. Resolves when its jobs are taken. */
  ended(place: Place, end: ChildEnd): Promise<void>;
}

/** A process that ends sooner has ended very soon. */
const soonMs = 5000;
/** How long the next process waits for the jobs of the last one to be taken. */
const burialMs = 1000;

export class Place {
  readonly number: number;
  readonly #host: PlaceHost;
  readonly #backoff = new Backoff();
  #child: ServiceChild | null = null;
  #isStopping = false;
  #soon = 0;
  #stopWaiting = (): void => {};
  /** How many processes in a row ended here before they were ready. */
  unready = 0;

  constructor(number: number, host: PlaceHost) {
    this.number = number;
    this.#host = host;
  }

  /** Of the process that lives here now. */
  get pid(): number | null {
    return this.#child === null || this.#child.pid === 0 ? null : this.#child.pid;
  }

  /** Keeps a process alive until it is stopped. */
  async keep(): Promise<void> {
    while (!this.#isStopping) {
      const end = await this.#live();
      // The first sweep of the next one would take the jobs, too, and not know what ended the last.
      await within(burialMs, this.#host.ended(this, end));
      await this.#pause(end);
    }
  }

  stop(timeoutMs: number): void {
    this.#isStopping = true;
    this.#stopWaiting();
    this.#child?.stop(timeoutMs);
  }

  kill(): void {
    this.#child?.kill();
  }

  async #live(): Promise<ChildEnd> {
    try {
      this.#child = new ServiceChild(this.#host.partsOf(this));
    } catch (error) {
      return neverStarted(error);
    }
    const end = await this.#child.ended;
    this.#child = null;
    return end;
  }

  /** A process that dies is replaced at once; only when they die very soon again and again there is a wait. */
  async #pause({ livedMs }: ChildEnd): Promise<void> {
    this.#soon = livedMs < soonMs ? this.#soon + 1 : 0;
    if (this.#soon === 0) this.#backoff.reset();
    if (this.#soon > 1 && !this.#isStopping) await this.#wait(this.#backoff.nextMs());
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const alarm = new Alarm(resolve);
      alarm.set(ms);
      this.#stopWaiting = () => {
        alarm.clear();
        resolve();
      };
    });
  }
}
