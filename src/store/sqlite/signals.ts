/**
 * How others learn of a commit. In this process by a callback; in others by a byte in `<database>-wake`, which
 * they watch (the WAL itself is no good: it changes before the commit can be seen). `data_version` covers
 * what writes no byte and where watches run out. All of it is hints.
 *
 * A byte wakes everybody who watches, so they are told of a commit at once, and of those that follow closely together.
 */
import { watch, type FSWatcher } from 'node:fs';
import type { Clock, Interest, StoreEvent } from '../store.ts';
import type { WakeFile } from './wake-file.ts';

type Listener = (event: StoreEvent) => void;

/** How often foreign commits are looked for, while somebody waits for a job's end, or only for work. */
const lookMs = { change: 20, work: 100 };
/** How far apart two bytes are at least. */
const restMs = 2;

export class Signals {
  readonly #listeners = new Map<Interest, Set<Listener>>();
  readonly #clock: Clock;
  readonly #dataVersion: () => unknown;
  readonly #wakeFile: WakeFile | undefined;
  #watcher: FSWatcher | undefined;
  #seenVersion: unknown;
  #stopLooking: (() => void) | undefined;
  #wokeAt = -Infinity;
  /** Set while others are to be told of a commit and have not been. */
  #cancelWaking: (() => void) | undefined;

  /** `wakeFile` is undefined for a database that no other process can see. */
  constructor(clock: Clock, dataVersion: () => unknown, wakeFile: WakeFile | undefined) {
    this.#clock = clock;
    this.#dataVersion = dataVersion;
    this.#wakeFile = wakeFile;
  }

  subscribe(interest: Interest, listener: Listener): () => void {
    const listeners = this.#listeners.get(interest) ?? new Set();
    this.#listeners.set(interest, listeners.add(listener));
    this.#attend();
    return () => {
      listeners.delete(listener);
      this.#attend();
    };
  }

  emit(event: StoreEvent): void {
    for (const listener of this.#listeners.get(event.type) ?? []) listener(event);
  }

  /** After a commit that made work ready. */
  wake(): void {
    this.emit({ type: 'work' });
    if (this.#wakeFile === undefined || this.#cancelWaking !== undefined) return;
    const waitMs = this.#wokeAt + restMs - this.#clock.mono();
    if (waitMs <= 0) this.#wakeOthers();
    else {
      this.#cancelWaking = this.#clock.timer(waitMs, () => {
        this.#wakeOthers();
      });
    }
  }

  close(): void {
    this.#listeners.clear();
    this.#attend();
    if (this.#cancelWaking !== undefined) this.#wakeOthers();
    this.#wakeFile?.close();
  }

  #wakeOthers(): void {
    this.#cancelWaking?.();
    this.#cancelWaking = undefined;
    this.#wokeAt = this.#clock.mono();
    this.#wakeFile?.wake();
  }

  #wants(interest: Interest): boolean {
    return (this.#listeners.get(interest)?.size ?? 0) > 0;
  }

  /** Watches and looks only while somebody wants to know. */
  #attend(): void {
    if (this.#wakeFile === undefined) return;
    if (this.#wants('work')) this.#watcher ??= this.#startWatching(this.#wakeFile);
    else {
      this.#watcher?.close();
      this.#watcher = undefined;
    }
    this.#stopLooking?.();
    this.#stopLooking = undefined;
    if (!this.#wants('work') && !this.#wants('change')) return;
    this.#seenVersion = this.#versionNow();
    this.#lookLater();
  }

  #startWatching(file: WakeFile): FSWatcher | undefined {
    try {
      file.open();
      const watcher = watch(file.path, { persistent: false }, () => {
        this.emit({ type: 'work' });
      });
      watcher.on('error', () => {
        watcher.close();
      });
      return watcher;
    } catch {
      return undefined;
    }
  }

  #lookLater(): void {
    const pause = this.#wants('change') ? lookMs.change : lookMs.work;
    this.#stopLooking = this.#clock.timer(pause, () => {
      this.#look();
      this.#lookLater();
    });
  }

  #look(): void {
    const version = this.#versionNow();
    if (version === this.#seenVersion) return;
    this.#seenVersion = version;
    this.emit({ type: 'work' });
    this.emit({ type: 'change' });
  }

  #versionNow(): unknown {
    try {
      return this.#dataVersion();
    } catch {
      // It could not be read just now: as good as unchanged.
      return this.#seenVersion;
    }
  }
}
