/**
 * Claims of idle workers that found nothing wait here, beside the store, and are asked once more when something is made
 * ready: in the very commit that does it if it comes through this store, else as soon as others' is noticed. So an idle
 * worker has its job a commit and two hops between threads earlier, and is not disturbed for nothing.
 *
 * A claim waits while its worker has nothing else to do. It is over with the worker's next claim, or once something was
 * found, which the worker is told by an event. A claim that crosses such an event on its way would give the same slots a
 * second job: it gets none, and the worker claims again.
 *
 * A worker whose thread is blocked does not hear of its jobs: they are an offer, withdrawn when it is not taken at once,
 * and the jobs are given back at no cost.
 */
import { decide } from '../core/decide.ts';
import type { ClaimedJob, Settlement } from '../core/job.ts';
import { defaults } from '../core/limits.ts';
import { Offers } from '../core/offers.ts';
import type { AttendedWorker, MayWait } from '../core/worker.ts';
import type {
  Answer,
  Claim,
  ClaimRequest,
  Clock,
  Interest,
  Operation,
  Store,
  StoreEvent,
  Unit,
} from './store.ts';

type Listener = (event: StoreEvent) => void;
type Answered = (answer: Answer) => void;
type ClaimUnit = Unit<'claim'>;

interface Waiting {
  readonly unit: ClaimUnit;
  /** When the next job is due, as far as its worker knows. */
  readonly dueAtMs: number;
  /** When it was asked, while it is; null while it waits. */
  askedAtMs: number | null;
  /** There was a hint while it was asked, and so perhaps too late for it. */
  isHinted: boolean;
  /** Claims of its worker that came while it was asked. */
  readonly crossing: Answered[];
}

/** A worker that claims. */
interface Claimant {
  readonly offers: Offers | null;
  /** The number of the last event that it was sent. */
  told: number;
}

interface Call {
  readonly unit: Unit;
  readonly answered: Answered;
}

const mayMakeReady: ReadonlySet<Operation> = new Set([
  'enqueue',
  'enqueueWorkflow',
  'settle',
  'requeue',
  'requeueWorkflow',
]);

/** How soon a worker has to take what it is offered, and how soon what could not be given back is tried again. */
const unheardMs = 250;
const againMs = 1000;
/** How far apart two looks at one instant may be. */
const sameMs = 5;

/** Of a claim that gets no jobs, whatever there is: its worker claims again at once. */
const nothing: Claim = { jobs: [], nextDueMs: 0, unknownTasks: [], fenced: false };

export class WaitingClaims implements Store {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();
  readonly #workers = new Map<string, Claimant>();
  readonly #listeners = new Set<Listener>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  run(units: readonly Unit[], answer: (place: number, answer: Answer) => void): void {
    if (this.#workers.size === 0 && !units.some(isOfWorker)) return this.#store.run(units, answer);
    const calls: Call[] = [];
    for (const [place, unit] of units.entries()) {
      const answered = (reply: Answer): void => answer(place, reply);
      if (unit.op === 'claim') this.#claim(unit, answered, calls);
      else calls.push({ unit, answered });
      if (unit.op === 'register') this.#meet(unit.input);
      else if (unit.op === 'leave') this.#forget(unit.input.instance);
    }
    if (calls.some(({ unit }) => mayMakeReady.has(unit.op))) calls.push(...this.#ask(this.#idle()));
    this.#send(calls);
  }

  subscribe(interest: Interest, listener: Listener): () => void {
    if (interest === 'work')
      return this.#store.subscribe('work', (event) => this.#hear(event, listener));
    if (interest !== 'claimed') return this.#store.subscribe(interest, listener);
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #send(calls: readonly Call[]): void {
    if (calls.length === 0) return;
    const units = calls.map(({ unit }) => unit);
    this.#store.run(units, (place, reply) => calls[place]?.answered(reply));
  }

  #claim(unit: ClaimUnit, answered: Answered, calls: Call[]): void {
    const { worker, slots, heard } = unit.input as ClaimRequest & Partial<MayWait>;
    const { instance } = worker;
    const { told } = this.#workers.get(instance) ?? this.#meet({ instance });
    const before = this.#waiting.get(instance);
    if (before !== undefined && before.askedAtMs !== null) before.crossing.push(answered);
    else {
      this.#waiting.delete(instance);
      const isInVain = slots.length === 0 || (heard !== undefined && heard < told);
      if (isInVain) answered({ ok: true, reply: nothing });
      else calls.push({ unit, answered: (reply) => this.#answerClaim(unit, reply, answered) });
    }
  }

  #answerClaim(unit: ClaimUnit, reply: Answer, answered: Answered): void {
    const { waits = false } = unit.input as ClaimRequest & Partial<MayWait>;
    const { instance } = unit.input.worker;
    const dueAtMs = this.#dueAtMs(reply);
    const waiting = { unit, dueAtMs, askedAtMs: null, isHinted: false, crossing: [] };
    if (waits && this.#workers.has(instance) && hasFoundNothing(reply))
      this.#waiting.set(instance, waiting);
    answered(reply);
  }

  /**
   * What is made ready here has been asked for in the same batch. Others' is asked for once this store is done with what
   * it was about, for it may be in the middle of a commit. Where all workers wait here, the hint has no use for anybody.
   */
  #hear(event: StoreEvent, listener: Listener): void {
    for (const waiting of this.#waiting.values()) waiting.isHinted = true;
    const idle = this.#idle();
    if (idle.length > 0) queueMicrotask(() => this.#send(this.#ask(idle)));
    if (this.#waiting.size < this.#workers.size || this.#workers.size === 0) listener(event);
  }

  #idle(): Waiting[] {
    return [...this.#waiting.values()].filter(({ askedAtMs }) => askedAtMs === null);
  }

  /** Those of them that wait still. */
  #ask(idle: readonly Waiting[]): Call[] {
    const atMs = this.#clock.mono();
    const still = idle.filter((each) => each.askedAtMs === null && this.#isWaiting(each));
    for (const waiting of still) Object.assign(waiting, { askedAtMs: atMs, isHinted: false });
    return still.map((waiting) => ({
      unit: waiting.unit,
      answered: (reply) => this.#answerAgain(waiting, reply, atMs),
    }));
  }

  #isWaiting(waiting: Waiting): boolean {
    return this.#waiting.get(waiting.unit.input.worker.instance) === waiting;
  }

  #answerAgain(waiting: Waiting, reply: Answer, atMs: number): void {
    const { unit, crossing } = waiting;
    const { instance } = unit.input.worker;
    const worker = this.#workers.get(instance);
    waiting.askedAtMs = null;
    const hasNews = this.#hasNews(waiting, reply);
    const isOver = hasNews || crossing.length > 0 || worker === undefined;
    if (isOver) this.#waiting.delete(instance);
    // It has left meanwhile, without them.
    if (worker === undefined) this.#giveBack(jobsOf(reply), unit.caller);
    else if (hasNews) this.#offer(worker, { unit, reply, atMs });
    for (const answered of crossing) answered({ ok: true, reply: nothing });
    if (!isOver && waiting.isHinted) this.#send(this.#ask([waiting]));
  }

  /** Whether there is anything that its worker has to know and has not been told. */
  #hasNews(waiting: Waiting, answer: Answer): boolean {
    if (!hasFoundNothing(answer)) return true;
    const { unknownTasks } = (answer as Extract<Answer, { ok: true }>).reply as Claim;
    return unknownTasks.length > 0 || this.#dueAtMs(answer) < waiting.dueAtMs - sameMs;
  }

  /** When the next job is due; Infinity if none is. */
  #dueAtMs(answer: Answer): number {
    const { nextDueMs } = answer.ok ? (answer.reply as Claim) : nothing;
    return nextDueMs === null ? Infinity : this.#clock.mono() + nextDueMs;
  }

  #offer(
    worker: Claimant,
    {
      unit,
      reply,
      atMs,
    }: { readonly unit: ClaimUnit; readonly reply: Answer; readonly atMs: number },
  ): void {
    const number = (worker.told += 1);
    const { instance } = unit.input.worker;
    const claim = reply.ok ? (reply.reply as Claim) : nothing;
    worker.offers?.open(number);
    this.#clock.timer(unheardMs, () => {
      if (worker.offers?.close(number) === true) this.#giveBack(jobsOf(reply), unit.caller);
    });
    for (const listener of this.#listeners)
      listener({ type: 'claimed', instance, number, claim, atMs });
  }

  /** At no cost, and until it has come through: nobody else would run them while their worker lives. */
  #giveBack(jobs: readonly ClaimedJob[], caller: number): void {
    if (jobs.length > 0)
      this.#settle(
        jobs.map((job) => decide(job, { kind: 'released' }, 0)),
        caller,
      );
  }

  #settle(settlements: readonly Settlement[], caller: number): void {
    const unit: Unit = { op: 'settle', input: settlements, caller, waitMs: defaults.busyMs };
    this.run([unit], (_, answer) => {
      if (!answer.ok) this.#clock.timer(againMs, () => this.#settle(settlements, caller));
    });
  }

  #meet({ instance, offers }: Pick<AttendedWorker, 'instance' | 'offers'>): Claimant {
    const told = this.#workers.get(instance)?.told ?? 0;
    const worker = { told, offers: offers === undefined ? null : new Offers(offers) };
    this.#workers.set(instance, worker);
    return worker;
  }

  #forget(instance: string): void {
    this.#waiting.delete(instance);
    this.#workers.delete(instance);
  }
}

function isOfWorker({ op }: Unit): boolean {
  return op === 'claim' || op === 'register';
}

function jobsOf(answer: Answer): readonly ClaimedJob[] {
  return answer.ok ? (answer.reply as Claim).jobs : [];
}

function hasFoundNothing(answer: Answer): boolean {
  if (!answer.ok) return false;
  const { jobs, fenced } = answer.reply as Claim;
  return jobs.length === 0 && !fenced;
}
