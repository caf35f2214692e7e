/**
 * The handler processes and threads of a worker: kept warm between jobs, never more than the worker has slots, replaced
 * when they are lost.
 */
import type { Logger } from '../../client/logger.ts';
import { HandlerHost } from './handler-host.ts';
import { within } from '../within.ts';
import type { Place } from './place.ts';

export interface PoolParts {
  readonly size: number;
  readonly logger: Logger;
  readonly leaseMs: number;
}

export class Pool {
  readonly #parts: PoolParts;
  readonly #hosts = new Set<HandlerHost>();
  readonly #idle: HandlerHost[] = [];
  #isClosed = false;

  constructor(parts: PoolParts) {
    this.#parts = parts;
  }

  /** One that waits for a job; undefined if there is no room for it. */
  warm(place: Place): HandlerHost | undefined {
    const known = this.#idle.find((host) => isAlike(host.place, place));
    if (known !== undefined || this.#isClosed || this.#hosts.size >= this.#parts.size) return known;
    const host = this.#open(place);
    this.#idle.push(host);
    return host;
  }

  /** One for the caller alone, until it gives it back. */
  take(place: Place): HandlerHost {
    const at = this.#idle.findLastIndex((host) => host.isUsable && isAlike(host.place, place));
    const [known] = at === -1 ? [] : this.#idle.splice(at, 1);
    if (known !== undefined) return known;
    // Of another kind: it makes room.
    if (this.#hosts.size >= this.#parts.size) this.#idle.shift()?.close();
    return this.#open(place);
  }

  giveBack(host: HandlerHost): void {
    if (host.isUsable && !this.#isClosed) this.#idle.push(host);
    else host.kill();
  }

  /** Resolves once all are gone, or only such are left as cannot be ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#idle.length = 0;
    const hosts = [...this.#hosts];
    for (const host of hosts) host.close();
    await within(closeMs, Promise.all(hosts.map((host) => host.gone)));
  }

  #open(place: Place): HandlerHost {
    const { logger, leaseMs } = this.#parts;
    const ended = (each: HandlerHost): void => this.#lost(each);
    const host = new HandlerHost({ place, logger, leaseMs, ended });
    this.#hosts.add(host);
    return host;
  }

  #lost(host: HandlerHost): void {
    this.#hosts.delete(host);
    const at = this.#idle.indexOf(host);
    if (at !== -1) this.#idle.splice(at, 1);
    // Only one that had started is followed by another, or what cannot start would be started for ever.
    else this.warm(host.place);
  }
}

/** Time for them to end by themselves, and to be killed. */
const closeMs = 1000;

function isAlike(one: Place, other: Place): boolean {
  return one.kind === other.kind && one.heapMb === other.heapMb && one.totalMb === other.totalMb;
}
