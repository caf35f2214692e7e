/** One session with the server: its connection, the operations on it, and the queue of what is asked of it. */
import { isRefusal, reads } from '../batching.ts';
import type { Answer, ClaimRequest, Clock, Input, Operation, Operations, Unit } from '../store.ts';
import { claiming } from './claiming.ts';
import { CommitQueue } from './commit-queue.ts';
import type { Connection } from './connection.ts';
import { type Asynchronous, type Context, type Done, nothingEnds } from './context.ts';
import { Fronts } from './front.ts';
import { Lanes } from './lanes.ts';
import { leases } from './leases.ts';
import { looking } from './looking.ts';
import { requireSchema } from './migrating.ts';
import type { Send } from './notify.ts';
import { isNewer, tooLate } from './postgres-error.ts';
import { seeking } from './seeking.ts';
import { settling } from './settling.ts';
import { migrations } from './sql.gen.ts';
import { submitting } from './submitting.ts';
import { tending } from './tending.ts';
import { Tokens } from './tokens.ts';
import { Workflows } from './workflows.ts';

export interface SessionOptions {
  readonly clock: Clock;
  /** Called after each commit with what it did, and with a way to tell others. */
  readonly committed: (done: Readonly<Done>, send: Send) => void;
}

/** Whoever closes has waited for its own calls: what is under way is a heartbeat, and the server may be away. */
const closeMs = 1000;

export class Session {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #committed: SessionOptions['committed'];
  readonly #context: Context;
  readonly #tokens = new Tokens();
  readonly #operations: Asynchronous<keyof Operations>;
  readonly #queue: CommitQueue;
  readonly #untold: (() => void)[] = [];
  #isTransacting = false;

  constructor(connection: Connection, { clock, committed }: SessionOptions) {
    this.#connection = connection;
    this.#clock = clock;
    this.#committed = committed;
    this.#context = {
      connection,
      lanes: new Lanes(connection),
      workflows: new Workflows(connection),
      done: { work: false, change: false },
      fronts: new Fronts(clock),
      sent: () => undefined,
      ending: nothingEnds,
    };
    this.#operations = operationsOf(this.#context, this.#tokens);
    const { shown } = connection.address;
    const transactions = {
      run: (units: readonly Unit[], waitMs: number) => this.#transact(units, waitMs),
      giveUp: () => {
        connection.destroy();
      },
      tooLate: (trouble: Parameters<typeof tooLate>[1]) => tooLate(shown, trouble),
    };
    this.#queue = new CommitQueue(transactions, clock);
  }

  run(units: readonly Unit[], answer: (place: number, answer: Answer) => void): void {
    this.#queue.add(units, answer);
  }

  async close(): Promise<void> {
    const forget = this.#clock.timer(closeMs, () => {
      this.#connection.destroy();
    });
    await this.#queue.abandon(tooLate(this.#connection.address.shown, undefined));
    forget();
    await this.#connection.close();
  }

  async #transact(units: readonly Unit[], waitMs: number): Promise<readonly Answer[]> {
    this.#isTransacting = true;
    try {
      return await this.#tryOnce(units, waitMs);
    } finally {
      this.#isTransacting = false;
      for (const tell of this.#untold.splice(0)) tell();
    }
  }

  /** Between two transactions: in the midst of one it would be part of it, and its commit would not reach the disk either. */
  #tellOthers(channels: readonly string[], sender: string): void {
    const tell = (): void => {
      this.#connection.all('notify', { channels, sender }).catch(() => undefined);
    };
    if (this.#isTransacting) this.#untold.push(tell);
    else tell();
  }

  async #tryOnce(units: readonly Unit[], waitMs: number): Promise<readonly Answer[]> {
    await this.#connection.ready();
    this.#tokens.begin(claimsIn(units));
    const begun = this.#begin(waitMs);
    // What keeps it from beginning is told below, before what follows from it.
    begun.catch(() => undefined);
    try {
      const { answers, committed } = await this.#perform(units);
      await begun;
      await this.#commit(units, committed);
      return answers;
    } catch (error) {
      await this.#rollback();
      await begun;
      throw error;
    }
  }

  /** From the look at the schema on nobody can migrate it until the transaction is over. */
  async #begin(waitMs: number): Promise<void> {
    const begun = this.#connection.begin(waitMs);
    try {
      await Promise.all([
        begun,
        this.#connection.all('refuseNewer', { version: migrations.length }),
      ]);
    } catch (error) {
      if (!isNewer(error)) throw error;
      await this.#connection.rollback();
      await requireSchema(this.#connection);
    }
  }

  async #commit(units: readonly Unit[], sent: Promise<void> | undefined): Promise<void> {
    await this.#context.workflows.flush();
    const claims = claimsIn(units);
    for (const claim of claims) this.#tokens.sent(claim);
    const committed = sent ?? this.#connection.commit();
    // There is nothing to lose of a transaction that only read.
    if (units.every(({ op }) => reads.has(op))) return void committed.catch(() => undefined);
    await committed;
    for (const claim of claims) this.#tokens.answered(claim);
    const { done } = this.#context;
    const { work, change } = done;
    Object.assign(done, { work: false, change: false });
    this.#committed({ work, change }, (channels, sender) => {
      this.#tellOthers(channels, sender);
    });
  }

  async #rollback(): Promise<void> {
    const { lanes, workflows, done } = this.#context;
    lanes.forget();
    workflows.counts.forget();
    Object.assign(done, { work: false, change: false });
    await this.#connection.rollback();
  }

  // ── units ─────────────────────────────────────────────────────────────────────────────────────

  async #perform(units: readonly Unit[]): Promise<Performed> {
    if (isSentAtOnce(units)) return this.#performAtOnce(units);
    const answers: Answer[] = [];
    const groups = groupsOf(units);
    for (let place = 0; place < groups.length; place += 1) {
      const [group, next] = [groups[place], groups[place + 1]] as [Group, Group?];
      const isFollowed = group[0]?.op === 'settle' && next?.[0]?.op === 'claim';
      if (isFollowed) place += 1;
      const performed = isFollowed ? this.#settleAndClaim(group, next) : this.#performGroup(group);
      answers.push(...(await performed));
    }
    return { answers };
  }

  /** The commit is sent along: it comes to nothing if what goes before it fails. */
  async #performAtOnce(units: readonly Unit[]): Promise<Performed> {
    let committed: Promise<void> | undefined;
    this.#context.sent = () => {
      committed = this.#connection.commit();
      committed.catch(() => undefined);
    };
    try {
      const answers = await this.#performGroup(units);
      return { answers, committed };
    } finally {
      this.#context.sent = () => undefined;
    }
  }

  /** The claim is sent along, and asked for again if it turns out that somebody waits for what has ended. */
  async #settleAndClaim(settles: Group, claims: Group): Promise<readonly Answer[]> {
    const { promise: sent, resolve } = Promise.withResolvers<readonly number[]>();
    this.#context.sent = resolve;
    const followed = this.#performGroup(settles);
    const seqs = await Promise.race([sent, followed.then(() => [])]);
    this.#context.ending = { seqs, followed };
    try {
      return (await Promise.all([followed, this.#performGroup(claims)])).flat();
    } finally {
      Object.assign(this.#context, { sent: () => undefined, ending: nothingEnds });
    }
  }

  async #performGroup(units: readonly Unit[]): Promise<readonly Answer[]> {
    if (units.length > 1) {
      const answers = await this.#together(units);
      if (answers !== undefined) return answers;
    }
    const answers: Answer[] = [];
    for (const unit of units) answers.push(await this.#one(unit));
    return answers;
  }

  /** Units as one batch; undefined if one of them refuses its input: then none has written anything. */
  async #together(units: readonly Unit[]): Promise<readonly Answer[] | undefined> {
    const [{ op }] = units as readonly [Unit];
    const inputs = units.map(({ input }) => input as readonly unknown[]);
    const all = await this.#one({ ...units[0], op, input: inputs.flat() } as unknown as Unit);
    if (!all.ok) return undefined;
    const replies = all.reply as unknown as readonly unknown[];
    let start = 0;
    return inputs.map(({ length }) => {
      const reply = replies.slice(start, (start += length));
      return { ok: true, reply } as unknown as Answer;
    });
  }

  /** A unit that refuses its input has written nothing: it fails alone, and the transaction goes on. */
  async #one(unit: Unit): Promise<Answer> {
    const operation = this.#operations[unit.op] as (input: Input<Operation>) => Promise<never>;
    try {
      return { ok: true, reply: await operation(unit.input) };
    } catch (error) {
      if (isRefusal(error)) return { ok: false, error };
      throw error;
    }
  }
}

function claimsIn(units: readonly Unit[]): readonly ClaimRequest[] {
  return units.flatMap((unit) => (unit.op === 'claim' ? [unit.input] : []));
}

/** Operations whose batches can be put together: what becomes of one item does not depend on where another one's unit ends. */
const joinable: ReadonlySet<Operation> = new Set(['enqueue', 'settle', 'progress', 'outcomes']);

type Group = readonly Unit[];

interface Performed {
  readonly answers: readonly Answer[];
  /** If it was sent already. */
  readonly committed?: Promise<void> | undefined;
}

/** Whether all that units take is one statement that they are sent with: jobs that wait for nothing. */
function isSentAtOnce(units: Group): boolean {
  return units.every(
    ({ op, input }) =>
      op === 'enqueue' && input.length > 0 && input.every(({ parents }) => parents === null),
  );
}

/** Units that follow each other and can be carried out as one. */
function groupsOf(units: readonly Unit[]): readonly Group[] {
  const groups: Unit[][] = [];
  for (const unit of units) {
    const group = groups.at(-1);
    if (group !== undefined && group[0]?.op === unit.op && joinable.has(unit.op)) group.push(unit);
    else groups.push([unit]);
  }
  return groups;
}

function operationsOf(context: Context, tokens: Tokens): Asynchronous<keyof Operations> {
  return {
    ...submitting(context),
    ...claiming(context, tokens),
    ...settling(context),
    ...leases(context),
    ...seeking({ ...tending(context), ...looking(context) }),
  };
}
