// What happened, as those say who did it: each process appends lines to a file of its own, outside of the database.
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/**
 * Of clients: `submit` before the call, then `acked` or `refused`; a call with neither is in doubt. Of handlers: `began`
 * and `ended`. Of workers: `ready`, `told` (how a job ended, once the worker heard that it was recorded) and `lost`. Of
 * whoever makes the faults: `signalled`, `killed`, `frozen` and `thawed` (the process `of`), `held` and `freed` (the write lock).
 */
export type Op =
  | 'submit'
  | 'acked'
  | 'refused'
  | 'began'
  | 'ended'
  | 'ready'
  | 'told'
  | 'lost'
  | 'cancelled'
  | 'signalled'
  | 'killed'
  | 'frozen'
  | 'thawed'
  | 'held'
  | 'freed';

export interface Event {
  readonly op: Op;
  readonly job?: string;
  /** Names one run of a handler: its beginning and its end. */
  readonly run?: string;
  readonly attempt?: number;
  readonly parents?: readonly string[];
  readonly outcome?: 'ok' | 'fail' | 'unknown';
  /** The process that a fault was made to. */
  readonly of?: number;
  /** A status, an error's code, a label: for people, and for what a scenario asks. */
  readonly what?: string;
}

export interface Line extends Event {
  /** Milliseconds of the clock that all processes of the machine share and that nobody sets. */
  readonly mono: number;
  readonly wall: number;
  readonly pid: number;
}

export type History = readonly Line[];

function monoMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export class Recorder {
  readonly #file: number;

  constructor(folder: string) {
    this.#file = openSync(join(folder, `${process.pid}-${randomUUID()}.jsonl`), 'a');
  }

  /** Adds lines that belong together by one write, so that a kill leaves all of them or none. */
  add(...events: readonly Event[]): void {
    const now = { mono: monoMs(), wall: Date.now(), pid: process.pid };
    const lines = events.map((event) => `${JSON.stringify({ ...now, ...event })}\n`);
    writeSync(this.#file, lines.join(''));
  }

  /** The same for what others rely on from now on. */
  addForGood(...events: readonly Event[]): void {
    this.add(...events);
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Reads what is recorded in a folder, each line once. */
export class HistoryReader {
  readonly #folder: string;
  readonly #read = new Map<string, number>();
  #lines: Line[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** All that was recorded until now, in the order in which it happened. */
  get history(): History {
    const files = readdirSync(this.#folder).filter((name) => name.endsWith('.jsonl'));
    const before = this.#lines.length;
    for (const name of files) this.#lines.push(...this.#newIn(name));
    if (this.#lines.length > before) this.#lines = this.#lines.toSorted((a, b) => a.mono - b.mono);
    return this.#lines;
  }

  /** Without the last line if somebody is still writing it. */
  #newIn(name: string): Line[] {
    const path = join(this.#folder, name);
    const from = this.#read.get(name) ?? 0;
    if (statSync(path).size === from) return [];
    const text = readFileSync(path).subarray(from).toString();
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    this.#read.set(name, from + Buffer.byteLength(whole));
    return whole
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  }
}

// ── runs ────────────────────────────────────────────────────────────────────────────────────────

/** One run of a handler, as seen from outside of the database. */
export interface Run {
  readonly job: string;
  readonly pid: number;
  readonly attempt: number;
  readonly beganMs: number;
  /** When its handler ended or its process was killed; Infinity: neither. */
  readonly overMs: number;
  /** Null: its handler did not end. */
  readonly outcome: 'ok' | 'fail' | null;
  readonly wasKilled: boolean;
}

export function runsIn(history: History): readonly Run[] {
  const ends = new Map(
    history.filter(({ op }) => op === 'ended').map((line) => [line.run ?? '', line]),
  );
  const kills = Map.groupBy(faultsIn(history, 'killed'), ({ of }) => of);
  const began = history.filter(({ op }) => op === 'began');
  return began.map((line) =>
    runOf(line, ends.get(line.run ?? ''), killOf(line, kills.get(line.pid))),
  );
}

/** A kill is recorded before it is made: a run may begin in between. Earlier ones were of another with the same number. */
const sameProcessMs = 1000;

function killOf({ mono }: Line, kills: readonly Line[] = []): number {
  return kills.find((kill) => kill.mono > mono - sameProcessMs)?.mono ?? Infinity;
}

function runOf(began: Line, ended: Line | undefined, killedMs: number): Run {
  const outcome = ended === undefined ? null : ended.outcome === 'ok' ? 'ok' : 'fail';
  return {
    job: began.job ?? '',
    pid: began.pid,
    attempt: began.attempt ?? 0,
    beganMs: began.mono,
    overMs: Math.min(ended?.mono ?? Infinity, killedMs),
    outcome,
    wasKilled: ended === undefined && killedMs < Infinity,
  };
}

export function faultsIn(history: History, fault: 'killed' | 'frozen' | 'thawed'): History {
  return history.filter(({ op }) => op === fault);
}

export function byJob<T extends { readonly job?: string }>(items: readonly T[]): Map<string, T[]> {
  return Map.groupBy(items, ({ job = '' }) => job);
}
