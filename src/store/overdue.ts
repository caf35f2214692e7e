/**
 * Times out handlers that block their worker's event loop: there nobody can. From the keeper's thread, every job is seen
 * as it is claimed and as it is settled. One that is not settled long after its time was up, of a worker that gives no
 * sign of life, is recorded as timed out; the worker's other jobs are given back, and its life is over until it is heard
 * of again.
 */
import { decide, type Outcome } from '../core/decide.ts';
import { durationMs } from '../core/duration.ts';
import type { ClaimedJob, Lease, Settlement } from '../core/job.ts';
import { defaults } from '../core/limits.ts';
import type { Attention } from '../core/worker.ts';
import type { Clock, WorkerKey } from './store.ts';

export interface OverdueHost {
  /** Asks which of some leases the worker still holds; does not call back if nobody can say. */
  askWhatIsHeld(
    worker: WorkerKey,
    among: readonly Lease[],
    told: (leases: readonly Lease[]) => void,
  ): void;
  /** Asks the worker to renew its lease by itself. */
  askForSign(instance: string): void;
  /** These jobs cannot run for as long as another one takes. */
  heldUp(settlements: readonly Settlement[]): void;
  /** The worker is held up for good. */
  blocked(worker: WorkerKey, settlements: readonly Settlement[], attention: Attention): void;
}

/** Beyond time-out and grace, for what comes between a claim and the call of a handler; and for a sign of life. */
const slackMs = 1000;
const signMs = 1000;
/** How long a worker that gave a sign is left alone: it sees to its jobs itself, or waits for the database. */
const trustMs = 5000;

interface Held {
  readonly job: ClaimedJob;
  dueAt: number;
}

export class Overdue {
  readonly #key: WorkerKey;
  readonly #attention: Attention;
  readonly #clock: Clock;
  readonly #host: OverdueHost;
  /** A list, for the reason in awaited.ts. */
  #held: Held[] = [];
  #lookAt = Infinity;
  #undoTimer = (): void => {};

  constructor(
    key: WorkerKey,
    attention: Attention,
    { clock, host }: { clock: Clock; host: OverdueHost },
  ) {
    this.#key = key;
    this.#attention = attention;
    this.#clock = clock;
    this.#host = host;
  }

  claimed(jobs: readonly ClaimedJob[]): void {
    const now = this.#clock.mono();
    for (const job of jobs) {
      const limitMs = job.timeout === null ? Infinity : durationMs(job.timeout, 'timeout');
      const dueAt = now + limitMs + defaults.graceMs + slackMs;
      this.#held.push({ job, dueAt });
      if (dueAt < this.#lookAt) this.#lookLater(dueAt);
    }
  }

  /** Its end is on its way into the store. */
  settling({ lease: { seq, token } }: Settlement): void {
    const place = this.#held.findIndex(
      ({ job: { lease } }) => lease.seq === seq && lease.token === token,
    );
    if (place !== -1) this.#held.splice(place, 1);
  }

  /** What the worker holds at this moment, of all or among some: others may have been cancelled, or taken. */
  holds(leases: readonly Lease[], among?: readonly Lease[]): void {
    const held = new Set(leases.map(({ token }) => token));
    const asked = among && new Set(among.map(({ token }) => token));
    const isGone = ({ token }: Lease): boolean => asked?.has(token) !== false && !held.has(token);
    this.#held = this.#held.filter(({ job }) => !isGone(job.lease));
  }

  /** The worker has given a sign of life. */
  signed(): void {
    const trustedUntil = this.#clock.mono() + trustMs;
    for (const held of this.#held) held.dueAt = Math.max(held.dueAt, trustedUntil);
    this.#lookAgain();
  }

  stop(): void {
    this.#undoTimer();
    this.#held = [];
  }

  #lookLater(at: number): void {
    this.#undoTimer();
    this.#lookAt = at;
    this.#undoTimer = this.#clock.timer(at - this.#clock.mono(), () => this.#look());
  }

  #lookAgain(): void {
    this.#undoTimer();
    const next = Math.min(...this.#held.map(({ dueAt }) => dueAt));
    this.#lookAt = Infinity;
    if (next < Infinity) this.#lookLater(next);
  }

  get #overdue(): readonly Held[] {
    const now = this.#clock.mono();
    return this.#held.filter(({ dueAt }) => dueAt <= now);
  }

  #look(): void {
    if (this.#overdue.length === 0) return this.#lookAgain();
    // If nobody can say, it is looked at again as if the worker had given a sign.
    this.#undoTimer = this.#clock.timer(signMs, () => this.signed());
    const among = this.#held.map(({ job }) => job.lease);
    this.#host.askWhatIsHeld(this.#key, among, (leases) => {
      this.holds(leases, among);
      this.#askForSign();
    });
  }

  #askForSign(): void {
    if (this.#overdue.length === 0) return this.#lookAgain();
    this.#undoTimer();
    this.#undoTimer = this.#clock.timer(signMs, () => this.#giveUp());
    this.#host.askForSign(this.#key.instance);
  }

  #giveUp(): void {
    const held = this.#held;
    const overdue = this.#overdue;
    const onStage = new Float64Array(this.#attention.stage)[0];
    const culprit = held.find(({ job }) => job.lease.seq === onStage);
    if (culprit !== undefined && !overdue.includes(culprit)) return this.#giveBack(overdue);
    const here = overdue.filter(({ job }) => !this.#runsElsewhere(job));
    const causes = culprit === undefined ? here : [culprit];
    const settlements = held.map((each) => settlementOf(each, causes.includes(each)));
    this.stop();
    this.#host.blocked(this.#key, settlements, this.#attention);
  }

  #runsElsewhere({ task, suspect }: ClaimedJob): boolean {
    const { awayTasks, awaySuspects } = this.#attention;
    return awayTasks.includes(task) || (suspect && awaySuspects.includes(task));
  }

  /** The one that holds up the others may still take its time. */
  #giveBack(overdue: readonly Held[]): void {
    this.#held = this.#held.filter((each) => !overdue.includes(each));
    this.#host.heldUp(overdue.map((each) => settlementOf(each, false)));
    this.#lookAgain();
  }
}

function settlementOf({ job }: Held, isCause: boolean): Settlement {
  return decide(job, isCause ? timedOut(job) : { kind: 'released' }, Math.random());
}

function timedOut({ timeout }: ClaimedJob): Outcome {
  const message = `The attempt took longer than its timeout of ${timeout}, and held up the event loop of its worker: isolation 'thread' or 'process' can stop it`;
  return { kind: 'timeout', error: { name: 'TimeoutError', message } };
}
