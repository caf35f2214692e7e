/** One session with the server: its connection, the operations on it, and the queue of what is asked of it. */
import { reads } from '../batching.ts';
import type { Answer, Clock, Unit } from '../store.ts';
import { AtOnce, type Attempt } from './at-once.ts';
import { CommitQueue, type Transactions } from './commit-queue.ts';
import { type Connection, usualLockMs } from './connection.ts';
import { type Context, type Done, nothingEnds } from './context.ts';
import { Dues } from './dues.ts';
import { Fronts } from './front.ts';
import { Lanes } from './lanes.ts';
import { requireSchema } from './migrating.ts';
import type { Send } from './notify.ts';
import { type Group, groupsOf } from '../groups.ts';
import { claimsIn, Performer } from './performing.ts';
import { isNewer, tooLate } from './postgres-error.ts';
import { migrations } from './sql.gen.ts';
import { Tokens } from './tokens.ts';
import { Width } from './width.ts';
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
  readonly #performer: Performer;
  readonly #atOnce: AtOnce;
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
      dues: new Dues(clock),
      width: new Width(),
      sent: () => undefined,
      isAtOnce: false,
      isCounted: true,
      isBusy: false,
      ending: nothingEnds,
    };
    this.#performer = new Performer(this.#context, this.#tokens);
    this.#atOnce = new AtOnce({
      ...this.#context,
      connection,
      tokens: this.#tokens,
      committed: (done) => this.#told(done),
    });
    const { shown } = connection.address;
    const transactions: Transactions = {
      isAtOnce: (units, waitMs) => waitMs >= usualLockMs && this.#atOnce.suits(units),
      begin: (units, { isAtOnce, waitMs }) =>
        isAtOnce ? this.#atOnce.begin(units) : this.#begin(units, waitMs),
      giveUp: () => {
        connection.destroy();
      },
      tooLate: (trouble) => tooLate(shown, trouble),
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

  #begin(units: readonly Unit[], waitMs: number): Attempt {
    const answers = this.#transact(units, waitMs);
    return { sent: answers.then(over, over), answers };
  }

  async #transact(units: readonly Unit[], waitMs: number): Promise<readonly Answer[]> {
    this.#isTransacting = true;
    try {
      const answers = await this.#tryOnce(units, waitMs);
      this.#atOnce.went(units, answers);
      return answers;
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
    const begun = this.#open(waitMs);
    // What keeps it from beginning is told below, before what follows from it.
    begun.catch(() => undefined);
    try {
      const answers = await this.#perform(units);
      await begun;
      await this.#commit(units);
      return answers;
    } catch (error) {
      await this.#rollback();
      await begun;
      throw error;
    }
  }

  /** From the look at the schema on nobody can migrate it until the transaction is over. */
  async #open(waitMs: number): Promise<void> {
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

  async #commit(units: readonly Unit[]): Promise<void> {
    await this.#context.workflows.flush();
    const claims = claimsIn(units);
    for (const claim of claims) this.#tokens.sent(claim);
    const committed = this.#connection.commit();
    // There is nothing to lose of a transaction that only read.
    if (units.every(({ op }) => reads.has(op))) return void committed.catch(() => undefined);
    await committed;
    for (const claim of claims) this.#tokens.answered(claim);
    const { done } = this.#context;
    const told = { ...done };
    Object.assign(done, { work: false, change: false });
    this.#told(told);
  }

  #told(done: Readonly<Done>): void {
    this.#committed(done, (channels, sender) => {
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

  async #perform(units: readonly Unit[]): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    const groups = groupsOf(units);
    for (let place = 0; place < groups.length; place += 1) {
      const [group, next] = [groups[place], groups[place + 1]] as [Group, Group?];
      const isFollowed = group[0]?.op === 'settle' && next?.[0]?.op === 'claim';
      if (isFollowed) place += 1;
      const performed = isFollowed
        ? this.#settleAndClaim(group, next)
        : this.#performer.perform(group);
      answers.push(...(await performed));
    }
    return answers;
  }

  /** The claim is sent along, and asked for again if it turns out that somebody waits for what has ended. */
  async #settleAndClaim(settles: Group, claims: Group): Promise<readonly Answer[]> {
    const { promise: sent, resolve } = Promise.withResolvers<readonly number[]>();
    this.#context.sent = resolve;
    const followed = this.#performer.perform(settles);
    const seqs = await Promise.race([sent, followed.then(() => [])]);
    this.#context.ending = { seqs, followed };
    try {
      return (await Promise.all([followed, this.#performer.perform(claims)])).flat();
    } finally {
      Object.assign(this.#context, { sent: () => undefined, ending: nothingEnds });
    }
  }
}

function over(): void {
  // Well or not: nothing more of it is sent.
}
