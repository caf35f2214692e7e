/**
 * How others learn of a commit. In this process by a callback; in others by NOTIFY, which reaches a connection that does
 * nothing but listen. It is made when somebody wants to know, looked after, and made again when it is lost. Behind a pooler
 * that lends connections for a transaction nobody can listen: then it is looked for at intervals. All of it is hints.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Clock, Interest, StoreEvent } from '../store.ts';
import type { Driver } from './connecting.ts';
import type { Done } from './context.ts';
import { Listener } from './listener.ts';

type Callback = (event: StoreEvent) => void;
export type News = 'work' | 'change';

/**
 * Others hear of a commit at once, and of those that follow closely together: all commits of a database that notify wait for
 * each other.
 */
const restMs = 10;
/** How often those who wait for a job's end are told to look when nobody can listen. */
const pollMs = 250;

/** Sends word to others; what becomes of it nobody knows. */
export type Send = (channels: readonly string[], sender: string) => void;

export class Notifications {
  readonly #clock: Clock;
  readonly #listener: Listener;
  readonly #callbacks = new Map<Interest, Set<Callback>>();
  readonly #sender = randomUUID();
  readonly #channels: Readonly<Record<News, string>>;
  #unsent = new Set<News>();
  #isResting = false;
  #stopPolling: (() => void) | undefined;

  constructor(driver: Driver, clock: Clock) {
    this.#clock = clock;
    this.#channels = channelsOf(driver.address.schema);
    this.#listener = new Listener(driver, clock, {
      heard: (channel, sender) => {
        this.#hear(channel, sender);
      },
      // Who could not listen for a while may have missed anything.
      changed: () => {
        this.#attend();
        clock.timer(0, () => {
          this.emit(this.#listener.isDeaf ? 'deaf' : 'work');
          this.emit('change');
        });
      },
    });
  }

  subscribe(interest: Interest, callback: Callback): () => void {
    const callbacks = this.#callbacks.get(interest) ?? new Set();
    this.#callbacks.set(interest, callbacks.add(callback));
    this.#attend();
    // What was found out before it came.
    if (interest === 'deaf' && this.#listener.isDeaf) callback({ type: 'deaf' });
    return () => {
      callbacks.delete(callback);
      this.#attend();
    };
  }

  emit(news: News | 'deaf'): void {
    for (const callback of this.#callbacks.get(news) ?? []) callback({ type: news });
  }

  /** Tells what a commit did: here at once, and elsewhere. */
  committed({ work, change }: Readonly<Done>, send: Send): void {
    if (work) this.#tell('work');
    if (change) this.#tell('change');
    this.#send(send);
  }

  async close(): Promise<void> {
    this.#callbacks.clear();
    this.#attend();
    await this.#listener.close();
  }

  #tell(news: News): void {
    this.#unsent.add(news);
    this.emit(news);
  }

  #send(send: Send): void {
    if (this.#isResting || this.#unsent.size === 0) return;
    const channels = Array.from(this.#unsent, (news) => this.#channels[news]);
    this.#unsent = new Set();
    send(channels, this.#sender);
    this.#isResting = true;
    this.#clock.timer(restMs, () => {
      this.#isResting = false;
      this.#send(send);
    });
  }

  #hear(channel: string, sender: string): void {
    if (sender === this.#sender) return;
    for (const news of ['work', 'change'] as const)
      if (this.#channels[news] === channel) this.emit(news);
  }

  #wants(news: News): boolean {
    return (this.#callbacks.get(news)?.size ?? 0) > 0;
  }

  /** Listens, or looks, only while somebody wants to know. */
  #attend(): void {
    const wanted = (['work', 'change'] as const).filter((news) => this.#wants(news));
    this.#listener.listen(wanted.map((news) => this.#channels[news]));
    const polls = this.#listener.isDeaf && this.#wants('change');
    if (polls) this.#stopPolling ??= this.#poll();
    else {
      this.#stopPolling?.();
      this.#stopPolling = undefined;
    }
  }

  #poll(): () => void {
    return this.#clock.timer(pollMs, () => {
      this.#stopPolling = this.#poll();
      this.emit('change');
    });
  }
}

/** Of a schema's own, and no longer than a name may be. */
export function channelsOf(schema: string): Readonly<Record<News, string>> {
  const digest = createHash('sha256').update(schema).digest('hex').slice(0, 16);
  return { work: `gigq_work_${digest}`, change: `gigq_change_${digest}` };
}
