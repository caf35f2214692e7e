/**
 * Transactions that are sent in one piece, without waiting for an answer in between: each takes one round trip, and another one
 * may be sent behind it. That takes that nothing has to be decided about what is found: what waits for jobs that end is released
 * by them, not taken down, and a claim finds all that it may by its first look. If that turns out to be wrong, the transaction
 * fails, and what was asked for is carried out step by step. The jobs of workflows are counted where there are likely to be some.
 */
import type { Lease } from '../../core/job.ts';
import { isOneBatch, reads } from '../batching.ts';
import type { Answer, Claim, ClaimRequest, Operation, Unit } from '../store.ts';
import { Block } from './block.ts';
import { isClaimedAtOnce } from './claiming.ts';
import type { Connection } from './connection.ts';
import { type Context, type Done, nothingEnds } from './context.ts';
import { type Group, groupsOf } from '../groups.ts';
import { claimsIn, Performer } from './performing.ts';
import { NotAsHoped, Passing } from './postgres-error.ts';
import { migrations } from './sql.gen.ts';
import type { Tokens } from './tokens.ts';
import { countMoved, type Moved, Workflows } from './workflows.ts';

/** A transaction that has begun. */
export interface Attempt {
  /** When nothing more of it is to be sent: what is sent from then on comes after it. Never rejects. */
  readonly sent: Promise<void>;
  readonly answers: Promise<readonly Answer[]>;
}

/** What transactions share. */
export interface Shared extends Pick<Context, 'lanes' | 'fronts' | 'dues' | 'width'> {
  readonly connection: Connection;
  readonly tokens: Tokens;
  readonly committed: (done: Readonly<Done>) => void;
}

/** After so many full claims in a row the next one is expected to be full as well. */
const busyAfter = 4;
/** So many claims are carried out step by step once that was necessary. */
const caution = 50;
/** For so many claims the jobs of workflows are counted after one was claimed. */
const countedAfter = 50;

export class AtOnce {
  readonly #shared: Shared;
  #fullInRow = 0;
  #caution = 0;
  #counted = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** Whether units can be sent in one piece, and it is likely to go well. */
  suits(units: readonly Unit[]): boolean {
    const isLikely =
      this.#caution === 0 || units.every((unit) => unit.op === 'enqueue' || isOneStatement(unit));
    const isPossible = this.#shared.connection.isDirect && areSettledOnce(units);
    return isLikely && isPossible && units.every((unit) => this.#fits(unit));
  }

  /** What came of units, however they were carried out. */
  went(units: readonly Unit[], answers: readonly Answer[]): void {
    for (const [place, unit] of units.entries())
      if (unit.op === 'claim') this.#claimed(unit.input, answers[place] as Answer);
  }

  #claimed({ slots }: ClaimRequest, answer: Answer): void {
    const { jobs } = answer.ok ? (answer.reply as Claim) : { jobs: [] };
    const isFull = jobs.length === slots.length;
    this.#fullInRow = isFull ? this.#fullInRow + 1 : 0;
    this.#caution = Math.max(0, this.#caution - 1);
    const isOfWorkflow = jobs.some(({ workflow }) => workflow !== null);
    // It had to be step by step because they would not have been counted.
    if (isOfWorkflow && this.#counted === 0) this.#caution = 0;
    this.#counted = isOfWorkflow ? countedAfter : Math.max(0, this.#counted - 1);
  }

  get #isBusy(): boolean {
    return this.#fullInRow >= busyAfter;
  }

  /** The answers reject with NotAsHoped if it has to be done step by step. */
  begin(units: readonly Unit[]): Attempt {
    const { promise: sent, resolve } = Promise.withResolvers<void>();
    const answers = this.#run(units, resolve).finally(resolve);
    return { sent, answers };
  }

  #fits(unit: Unit): boolean {
    const { lanes, tokens } = this.#shared;
    if (unit.op === 'claim')
      return isClaimedAtOnce({ ...this.#shared, isBusy: this.#isBusy }, unit.input, tokens);
    if (unit.op === 'enqueue')
      return (
        isOneBatch(unit.input) &&
        unit.input.every((job) => job.parents === null && lanes.has({ ...job, suspect: 0 }))
      );
    if (unit.op === 'settle')
      return unit.input.every(({ lease, suspect }) => lanes.hasCounterpart(lease.lane, suspect));
    return isOneStatement(unit);
  }

  async #run(units: readonly Unit[], sent: () => void): Promise<readonly Answer[]> {
    const { connection, committed } = this.#shared;
    const block = new Block(connection);
    const context = this.#contextOn(block, units);
    try {
      const performed = await this.#ask(context, units);
      const over = block.send();
      sent();
      await over;
      const answers = (await Promise.all(performed.map((each) => each.answers))).flat();
      for (const claim of claimsIn(units)) this.#shared.tokens.used(claim);
      this.went(units, answers);
      committed(context.done);
      return answers;
    } catch (error) {
      if (block.isInDoubt) this.#unheard(units);
      throw this.#failure(error, context);
    }
  }

  #contextOn(connection: Block, units: readonly Unit[]): Context {
    const { lanes, fronts, dues, width } = this.#shared;
    const isCounted =
      this.#counted > 0 || settledIn(units).some(({ workflow }) => workflow !== null);
    return {
      connection,
      lanes,
      // What would be counted one by one is counted by a statement of the block.
      workflows: new Workflows(connection),
      done: { work: false, change: false },
      fronts,
      dues,
      width,
      sent: () => undefined,
      ending: nothingEnds,
      isAtOnce: true,
      isCounted,
      isBusy: this.#isBusy,
    };
  }

  /** Puts all that the units take into the block; they are answered once that has been sent. */
  async #ask(context: Context, units: readonly Unit[]): Promise<readonly Performed[]> {
    const { connection } = context;
    const performer = new Performer(context, this.#shared.tokens);
    const isLook = units.every(({ op }) => reads.has(op));
    if (!isLook) connection.all('refuseNewer', { version: migrations.length }).catch(ignore);
    const performed: Performed[] = [];
    for (const group of groupsOf(units)) {
      const { promise: asked, resolve } = Promise.withResolvers<unknown>();
      context.sent = resolve;
      const answers = performAll(performer, group);
      performed.push({ answers });
      await Promise.race([asked, answers]);
    }
    const isMoved = units.some(({ op }) => op === 'settle' || op === 'claim');
    if (isMoved && context.isCounted) countMoved(connection, this.#movedBy(units)).catch(ignore);
    return performed;
  }

  #movedBy(units: readonly Unit[]): Moved {
    const claims = claimsIn(units);
    return {
      settled: settledIn(units),
      claimants: claims.map(({ worker }) => worker),
      tokens: claims.flatMap((claim) => this.#shared.tokens.of(claim)),
    };
  }

  #unheard(units: readonly Unit[]): void {
    for (const claim of claimsIn(units)) this.#shared.tokens.sent(claim);
  }

  #failure(error: unknown, { isBusy }: Context): unknown {
    if (error instanceof Passing && error.kind === 'unreachable') return error;
    // Perhaps there was just not enough.
    if (!isBusy) this.#caution = caution;
    this.#fullInRow = 0;
    return new NotAsHoped(error);
  }
}

/** Operations that are one statement, whatever it finds. */
const ofOneStatement: ReadonlySet<Operation> = new Set([
  'progress',
  'renew',
  'held',
  'outcomes',
  'workers',
]);

function isOneStatement({ op }: Unit): boolean {
  return ofOneStatement.has(op);
}

/** Whoever sends it along is told by the whole. */
function ignore(): void {
  // Nothing is to be done about it here.
}

interface Performed {
  readonly answers: Promise<readonly Answer[]>;
}

async function performAll(performer: Performer, group: Group): Promise<readonly Answer[]> {
  const answers = await performer.performTogether(group);
  // One by one they would wait for each other's answers.
  if (answers === undefined) throw new NotAsHoped(undefined);
  return answers;
}

/** What a job releases, and how it is counted, is read off its row, so it is settled but once: not by an old lease as well. */
function areSettledOnce(units: readonly Unit[]): boolean {
  const leases = settledIn(units);
  return new Set(leases.map(({ seq }) => seq)).size === leases.length;
}

function settledIn(units: readonly Unit[]): readonly Lease[] {
  return units
    .flatMap((unit) => (unit.op === 'settle' ? unit.input : []))
    .map(({ lease }) => lease);
}
