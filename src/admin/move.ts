/**
 * Moves the jobs of a file to a schema of a server. First the file is marked, so that nobody writes to it any more; then all of it
 * is copied and compared in one transaction of the server; then the mark says that it has moved. Whatever ends it in between, it
 * can be run again: the mark knows where to, and the schema knows what has come.
 */
import { setTimeout } from 'node:timers/promises';
import { boolean, checkOptions, type Checks, durationOption, refusal } from '../client/options.ts';
import { type Duration, durationMs } from '../core/duration.ts';
import { GigqError, isGigqError, WaitTimeoutError } from '../core/errors.ts';
import type { WorkerRecord } from '../core/worker.ts';
import {
  beforeAll,
  type Kind,
  kinds,
  type Landing,
  type Mark,
  mayBeSame,
  placeOf,
  type Tallies,
  type Tally,
  Tallying,
} from '../store/moving.ts';
import { type MoveEnds, withMove } from '../store/open.ts';
import { type Sweeper, withSweeper } from './sweeper.ts';

/** How far a move has come. */
export interface MoveProgress {
  /**
   * 'waiting' for workers to stop; 'marked': nobody writes to the file any more; 'copying'; 'compared': both sides hold the same,
   * which is committed next; 'committed': only the file has to be told.
   */
  readonly phase: 'waiting' | 'marked' | 'copying' | 'compared' | 'committed';
  /** The rows that were copied, and how many there are in all. */
  readonly rows: number;
  readonly total: number;
  /** The labels, hosts and process ids of the workers that it waits for. */
  readonly workers: readonly string[];
}

/** How jobs are moved. */
export interface MoveOptions {
  /** Only tells what would be moved; nothing is written, and nobody is waited for. Default false. */
  dryRun?: boolean;
  /** Takes the mark off a file whose move has not been completed, so that it is used as before. Default false. */
  undo?: boolean;
  /** Waits until the workers have stopped: for ever, or so long. Default false: it is refused while they run. */
  wait?: boolean | Duration;
  /** Called as it goes on. */
  onProgress?: (progress: MoveProgress) => void;
}

/** What has become of a move. */
export interface Moved {
  /** The path of the file. */
  readonly from: string;
  /** The new database, without user and password. */
  readonly to: string;
  /** 'already': an earlier run had moved all of it; 'planned': what a dry run would move; 'undone': the file is used as before; 'unmarked': there was no move to take back. */
  readonly outcome: 'moved' | 'already' | 'planned' | 'undone' | 'unmarked';
  /** How many rows of each kind there are, and the SHA-256 of their values on both sides; null where it was not made. */
  readonly tables: Readonly<
    Record<Kind, { readonly rows: number; readonly checksum: string | null }>
  >;
}

const nothing = { rows: 0, total: 0, workers: [] } as const;

class Move {
  readonly #ends: MoveEnds;
  readonly #tell: (progress: MoveProgress) => void;

  constructor(ends: MoveEnds, tell: (progress: MoveProgress) => void) {
    this.#ends = ends;
    this.#tell = tell;
  }

  async plan(): Promise<Moved> {
    const mark = await this.#mark();
    if (mark?.moved) return this.#moved('already', mark.moved);
    await this.#tryTarget(mark?.id ?? null);
    return this.#moved('planned', this.#uncompared());
  }

  async undo(): Promise<Moved> {
    const { source, target } = this.#ends;
    const mark = await this.#mark();
    if (mark === null) return this.#moved('unmarked', this.#uncompared());
    if (mark.moved !== null || (await target.begin(mark.id)) !== null)
      throw cannotUndo(source.path, mark);
    await source.unmark();
    await target.rollback();
    return this.#moved('undone', this.#uncompared());
  }

  async run(wait: MoveOptions['wait']): Promise<Moved> {
    const { source } = this.#ends;
    const before = await this.#mark();
    if (before?.moved) return this.#moved('already', before.moved);
    const mark = before ?? (await this.#begin(wait));
    this.#tell({ ...nothing, phase: 'marked' });
    const tallies = await this.#copyMarked(mark);
    this.#tell({ ...nothing, phase: 'committed' });
    await source.finish(tallies);
    return this.#moved('moved', tallies);
  }

  /** @throws {GigqError} `database_moved` if the file moves, or has moved, elsewhere */
  async #mark(): Promise<Mark | null> {
    const mark = this.#ends.source.mark();
    return mark === null ? null : this.#ofThisMove(mark);
  }

  async #ofThisMove(mark: Mark): Promise<Mark> {
    const { source, target } = this.#ends;
    if (mark.to !== target.shown) throw elsewhere(source.path, mark, target.shown);
    // The same words may lead to another database: there nothing would be known of this move.
    const landing = mark.landing && (await target.landing());
    if (mark.landing === null || landing === null || mayBeSame(mark.landing, landing)) return mark;
    throw elsewhere(source.path, mark, inFull(target.shown, landing));
  }

  /** What keeps jobs from moving there is found before anybody is kept from the file. */
  async #tryTarget(id: string | null): Promise<void> {
    const { target } = this.#ends;
    await target.begin(id);
    await target.rollback();
  }

  async #begin(wait: MoveOptions['wait']): Promise<Mark> {
    const { source } = this.#ends;
    await this.#tryTarget(null);
    const landing = await this.#ends.target.landing();
    const limit = new Limit(wait ?? false);
    return withSweeper(source.path, { watches: limit.waits }, async (sweeper) => {
      try {
        return await this.#beginOnce(landing, sweeper, limit);
      } finally {
        await sweeper.leave().catch(() => undefined);
      }
    });
  }

  /** Marks the file as soon as there is no worker. */
  async #beginOnce(landing: Landing, sweeper: Sweeper, limit: Limit): Promise<Mark> {
    const { source, target } = this.#ends;
    for (;;) {
      await sweeper.sweep();
      const workers = await sweeper.left();
      if (workers.length > 0) await this.#waitFor(workers, limit);
      else {
        await sweeper.leave();
        const mark = await source.begin({ to: target.shown, landing });
        // Somebody else may have marked it meanwhile.
        if (mark !== null) return this.#ofThisMove(mark);
      }
    }
  }

  async #waitFor(workers: readonly WorkerRecord[], limit: Limit): Promise<void> {
    const names = workers.map(({ label, host, pid }) => `${label} (process ${pid} on ${host})`);
    if (limit.waits) this.#tell({ ...nothing, phase: 'waiting', workers: names });
    if (limit.isOver()) throw limit.refusal(this.#ends.source.path, names);
    await setTimeout(lookMs);
  }

  async #copyMarked(mark: Mark): Promise<Tallies> {
    try {
      return await this.#copyOnce(mark);
    } catch (error) {
      throw isGigqError(error) ? stillMarked(this.#ends.source.path, error) : error;
    }
  }

  /** The tallies of what has come, in this run or in one that could not tell the file of it. */
  async #copyOnce(mark: Mark): Promise<Tallies> {
    const { source, target } = this.#ends;
    try {
      const before = await target.begin(mark.id);
      if (before !== null) return before;
      // From here on nobody else moves it there, or takes that back.
      if (source.mark()?.id !== mark.id) throw takenBack(source.path);
      const tallies = await this.#copy();
      this.#tell({ ...nothing, phase: 'compared' });
      await target.commit({ id: mark.id, from: source.path, moved: tallies }, source.lastPlaces());
      return tallies;
    } finally {
      // Nothing, if it was committed.
      await target.rollback();
    }
  }

  async #copy(): Promise<Tallies> {
    const counts = Object.values(this.#ends.source.counts());
    const total = counts.reduce((sum, count) => sum + count, 0);
    let rows = 0;
    const tallies: [Kind, Tally][] = [];
    for (const kind of kinds) {
      const copied = (count: number): void => {
        rows += count;
        this.#tell({ phase: 'copying', rows, total, workers: [] });
      };
      tallies.push([kind, await this.#copyKind(kind, copied)]);
    }
    return Object.fromEntries(tallies) as Record<Kind, Tally>;
  }

  async #copyKind(kind: Kind, copied: (count: number) => void): Promise<Tally> {
    const { source, target } = this.#ends;
    const [here, there] = [new Tallying(kind), new Tallying(kind)];
    let place = beforeAll;
    for (let rows = source.page(kind, place); rows.length > 0; rows = source.page(kind, place)) {
      here.add(rows);
      there.add(await target.add(kind, place, rows));
      place = placeOf(kind, rows.at(-1) ?? {});
      copied(rows.length);
    }
    const [read, written] = [here.tally(), there.tally()];
    if (read.rows !== written.rows || read.checksum !== written.checksum) throw differs(kind);
    return read;
  }

  #uncompared(): Moved['tables'] {
    const counts = Object.entries(this.#ends.source.counts());
    const tables = counts.map(([kind, rows]) => [kind, { rows, checksum: null }]);
    return Object.fromEntries(tables) as Moved['tables'];
  }

  #moved(outcome: Moved['outcome'], tables: Moved['tables']): Moved {
    const { source, target } = this.#ends;
    return { from: source.path, to: target.shown, outcome, tables };
  }
}

// ── waiting for workers ─────────────────────────────────────────────────────────────────────────

const lookMs = 200;

class Limit {
  readonly #wait: boolean | Duration;
  readonly #since = performance.now();

  constructor(wait: boolean | Duration) {
    this.#wait = wait;
  }

  get waits(): boolean {
    return this.#wait !== false;
  }

  isOver(): boolean {
    if (typeof this.#wait === 'boolean') return !this.#wait;
    return performance.now() - this.#since >= durationMs(this.#wait, 'wait');
  }

  refusal(path: string, workers: readonly string[]): GigqError {
    const message = `Workers run on ${path}: ${workers.join(', ')}`;
    return this.#wait === false
      ? new GigqError('workers_running', message)
      : new WaitTimeoutError(`${message}; they have not stopped after ${this.#wait}`, {
          hint: 'Stop them, then move the jobs. Nothing was changed.',
        });
  }
}

// ── errors ──────────────────────────────────────────────────────────────────────────────────────

function differs(kind: Kind): GigqError {
  const message = `The ${kind} that were written are not the ones that were read`;
  return new GigqError('move_failed', message);
}

/** Nobody uses the file meanwhile: whoever reads of the error has to know. */
function stillMarked(path: string, error: GigqError): GigqError {
  const { code, message, hint } = error;
  return new GigqError(code, message, {
    cause: error,
    hint: `${hint} ${path} stays marked until the move is run again, or taken back (--undo).`,
  });
}

function takenBack(path: string): GigqError {
  return new GigqError('move_failed', `The move of ${path} was taken back meanwhile`);
}

/** One database and another, where their addresses alone would not tell them apart. */
function inFull(shown: string, { system, database }: Landing): string {
  const server = system === null ? '' : ` on server ${system}`;
  return `${shown} (database ${database}${server})`;
}

function elsewhere(path: string, { to, landing, moved }: Mark, other: string): GigqError {
  const isUnderWay = moved === null;
  const marked = landing === null ? to : inFull(to, landing);
  return new GigqError(
    'database_moved',
    `${path} ${isUnderWay ? 'is being moved' : 'was moved'} to ${marked}, not to ${other}`,
    isUnderWay
      ? {
          hint: 'Name that database in the address, to go on with its move or to take it back (--undo).',
        }
      : {},
  );
}

function cannotUndo(path: string, { to }: Mark): GigqError {
  return new GigqError('database_moved', `${path} was moved to ${to}: the jobs are there`, {
    hint: 'Name the new database. If the file is not marked as moved yet, run the move again.',
  });
}

// ── the door ────────────────────────────────────────────────────────────────────────────────────

const checks: Checks<MoveOptions> = {
  dryRun: boolean,
  undo: boolean,
  wait: (value, name) => {
    if (typeof value !== 'boolean') durationOption(value, name);
  },
  onProgress: (value, name) => {
    if (typeof value !== 'function') throw refusal(name, 'a function', value);
  },
};

function noDryUndo(): GigqError {
  return new GigqError('invalid_option', 'move: expected dryRun or undo, got both', {
    hint: 'To take the mark off: undo. To see what would be moved: a dry run.',
  });
}

export async function moveJobs(from: string, to: string, options: MoveOptions): Promise<Moved> {
  checkOptions(checks, options, 'move');
  const { dryRun, undo, wait, onProgress = () => undefined } = options;
  if (dryRun === true && undo === true) throw noDryUndo();
  return withMove(from, to, (ends) => {
    const move = new Move(ends, onProgress);
    if (undo) return move.undo();
    return dryRun ? move.plan() : move.run(wait);
  });
}
