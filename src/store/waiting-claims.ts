/**
 * Claims of idle workers that found nothing wait here, beside the store, and are asked once more when something is made
 * ready: in the very commit that does it if it comes through this store, else as soon as others' is noticed. So an idle
 * worker has its job a commit and two hops between threads earlier, and is not disturbed for nothing.
 *
 * A claim waits while its worker has nothing else to do. It is over with the worker's next claim, or once something was
 * found, which the worker is told by an event. A claim that crosses such an event on its way would give the same slots a
 * second job: it gets none, and the worker claims again.
 */
import type { MayWait } from '../core/worker.ts';
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
  /** When it was asked, while it is; null while it waits. */
  askedAtMs: number | null;
  /** There was a hint while it was asked, and so perhaps too late for it. */
  isHinted: boolean;
  /** Claims of its worker that came while it was asked. */
  readonly crossing: Answered[];
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

/** Of a claim that gets no jobs, whatever there is: its worker claims again at once. */
const nothing: Answer = {
  ok: true,
  reply: { jobs: [], nextDueMs: 0, unknownTasks: [], fenced: false },
};

export class WaitingClaims implements Store {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();
  /** The workers that claim, and how many events each was sent. */
  readonly #workers = new Map<string, number>();
  readonly #listeners = new Set<Listener>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  run(units: readonly Unit[], answer: (place: number, answer: Answer) => void): void {
    if (this.#workers.size === 0 && !units.some(isClaim)) return this.#store.run(units, answer);
    const calls: Call[] = [];
    for (const [place, unit] of units.entries()) {
      const answered = (reply: Answer): void => answer(place, reply);
      if (unit.op === 'claim') this.#claim(unit, answered, calls);
      else calls.push({ unit, answered });
      if (unit.op === 'leave') this.#forget(unit.input.instance);
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
    const told = this.#workers.get(instance) ?? 0;
    this.#workers.set(instance, told);
    const before = this.#waiting.get(instance);
    if (before !== undefined && before.askedAtMs !== null) before.crossing.push(answered);
    else {
      this.#waiting.delete(instance);
      const isInVain = slots.length === 0 || (heard !== undefined && heard < told);
      if (isInVain) answered(nothing);
      else calls.push({ unit, answered: (reply) => this.#answerClaim(unit, reply, answered) });
    }
  }

  #answerClaim(unit: ClaimUnit, reply: Answer, answered: Answered): void {
    const { waits = false } = unit.input as ClaimRequest & Partial<MayWait>;
    const { instance } = unit.input.worker;
    if (waits && this.#workers.has(instance) && hasFoundNothing(reply))
      this.#waiting.set(instance, { unit, askedAtMs: null, isHinted: false, crossing: [] });
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
    const { instance } = waiting.unit.input.worker;
    waiting.askedAtMs = null;
    const isOver = hasNews(reply) || waiting.crossing.length > 0;
    if (isOver) this.#waiting.delete(instance);
    if (hasNews(reply)) this.#tell(instance, reply, atMs);
    for (const answered of waiting.crossing) answered(nothing);
    if (!isOver && waiting.isHinted) this.#send(this.#ask([waiting]));
  }

  #tell(instance: string, reply: Answer, atMs: number): void {
    this.#workers.set(instance, (this.#workers.get(instance) ?? 0) + 1);
    const claim = reply.ok ? (reply.reply as Claim) : null;
    for (const listener of this.#listeners) listener({ type: 'claimed', instance, claim, atMs });
  }

  #forget(instance: string): void {
    this.#waiting.delete(instance);
    this.#workers.delete(instance);
  }
}

function isClaim(unit: Unit): boolean {
  return unit.op === 'claim';
}

function hasFoundNothing(answer: Answer): boolean {
  if (!answer.ok) return false;
  const { jobs, fenced } = answer.reply as Claim;
  return jobs.length === 0 && !fenced;
}

/** Whether there is anything that its worker has to know. */
function hasNews(answer: Answer): boolean {
  if (!hasFoundNothing(answer)) return true;
  const { nextDueMs, unknownTasks } = (answer as Extract<Answer, { ok: true }>).reply as Claim;
  return nextDueMs !== null || unknownTasks.length > 0;
}
