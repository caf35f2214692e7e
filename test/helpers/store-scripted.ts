// A store that answers as a test says, to test what stands in front of stores.
import type { WorkerRecord } from '../../dist/core/worker.js';
import type { Answer, Interest, Store, StoreEvent, Unit } from '../../dist/store/store.js';
import { newWorker } from './store-seam.ts';

type Answered = (answer: Answer) => void;

/** What becomes of a unit: its answer, or null for one that has to wait. */
export type Script = (unit: Unit) => Answer | null;

export class ScriptedStore implements Store {
  readonly asked: Unit[] = [];
  readonly waiting: Answered[] = [];
  readonly subscribed: Interest[] = [];
  isClosed = false;
  script: Script;
  readonly #listeners = new Set<(event: StoreEvent) => void>();

  constructor(script: Script) {
    this.script = script;
  }

  run(units: readonly Unit[], answer: (place: number, answer: Answer) => void): void {
    for (const [place, unit] of units.entries()) {
      this.asked.push(unit);
      const answered = (reply: Answer): void => answer(place, reply);
      const scripted = this.script(unit);
      if (scripted === null) this.waiting.push(answered);
      else answered(scripted);
    }
  }

  subscribe(interest: Interest, listener: (event: StoreEvent) => void): () => void {
    this.subscribed.push(interest);
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  emit(event: StoreEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  asksFor(op: Unit['op']): Unit[] {
    return this.asked.filter((unit) => unit.op === op);
  }
}

export function ok(reply: unknown): Answer {
  return { ok: true, reply: reply as never };
}

export function refused(error: unknown): Answer {
  return { ok: false, error };
}

export function workerRecord(instance: string, beat: number): WorkerRecord {
  const life = {
    epoch: 1,
    beat,
    state: 'active',
    running: 0,
    startedAtMs: 0,
    heartbeatAtMs: 0,
  } as const;
  return { ...newWorker(instance), ...life };
}
