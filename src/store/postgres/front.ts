/**
 * Where in the line a worker begins to look. What was claimed stays in the indexes until a vacuum (which comes once a minute, and
 * does nothing about it while a transaction somewhere holds an old snapshot), and each look from their start reads all of it. So
 * once looks are slow, the next ones begin where the last one found its first job. What comes back before that place by another
 * session waits until somebody looks there: all of it where that is quick, else a stretch at a time, for a quarter of the time as
 * long as there are too few jobs, and for a sixteenth when there are enough. Whoever ends if there is nothing looks through it all.
 */
import type { Clock } from '../store.ts';

/** What a look may take besides what it finds; so many that take longer, one after the other, are no accident, nor is a very slow one. */
const slowMs = { atLeast: 2, aJob: 0.03, very: 500 };
const patience = 10;
/** What comes after a look before the place, in times of what it took. */
const rests = { enough: { leastMs: 250, times: 15 }, tooFew: { leastMs: 25, times: 3 } };
/**
 * What a look before the place takes, about. It reads whatever was claimed since the one before, and while a snapshot is held all
 * the rest once more, which may take many seconds: so it goes on, the next time, where it ended.
 */
const stretchMs = { least: 5, most: 25 };
/** So many jobs before the place may be stored by transactions that end later than those after them. */
const nearby = 2000;

/** Every job's priority is lower: at this level nothing is passed over unread. */
const noLevel = 2 ** 53;
/** Where nobody has seen any: most jobs have this priority. */
const usualLevel = 0;

export class Front {
  readonly #clock: Clock;
  #from = 0;
  #level = noLevel;
  #slow = 0;
  /** The last look before it. */
  #last = { atMs: 0, tookMs: 0 };
  /** Where the next look before the place begins, and how far it goes. */
  #since = 0;
  #length = Infinity;
  /** It was looked before from one end to the other, and nobody was there; nor was anybody found after it since. */
  #isSearched = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The first job in the order of insertion that is looked for; 0: all are. */
  get from(): number {
    return this.#from;
  }

  /** The priority at which most of what is passed over stands. */
  get level(): number {
    return this.#from > 0 ? this.#level : noLevel;
  }

  /** Whether it is time to look before it, though there are jobs enough. */
  get isDue(): boolean {
    return this.#from > 0 && this.#waitMs(rests.enough) === 0;
  }

  /** How long until it is time for the next stretch where there are too few jobs; null: there is none but what is near. */
  get dueMs(): number | null {
    if (this.#length >= this.#from) return null;
    return this.#waitMs(this.#isSearched ? rests.enough : rests.tooFew);
  }

  get now(): number {
    return this.#clock.mono();
  }

  /** A job became ready that may stand before. */
  lower(seq: number): void {
    if (seq >= this.#from) return;
    this.#from = seq;
    this.#isSearched = false;
    if (this.#since >= seq) this.#since = 0;
  }

  /** All that stands before it, in the order of insertion. */
  get before(): Stretch {
    return { since: 0, until: this.#from };
  }

  /** As much of it as is to be looked through at a time. */
  get stretch(): Stretch {
    return { since: this.#since, until: Math.min(this.#from, this.#since + this.#length) };
  }

  /** What is quickly looked through: all of it if that is so little, else what is just before. */
  get near(): Stretch {
    const since = this.#length < this.#from ? Math.max(0, this.#from - nearby) : 0;
    return { since, until: this.#from };
  }

  /** What was found in a stretch, if anything, by a look that began then. */
  checked(seq: number | null, stretch: Stretch, sinceMs: number): void {
    const tookMs = this.now - sinceMs;
    if (stretch.since === 0 && stretch.until === this.#from) this.#checkedAll(tookMs);
    if (stretch.since === this.#since) this.#wentOn(stretch, tookMs);
    if (seq !== null) this.lower(seq);
  }

  #checkedAll(tookMs: number): void {
    this.#since = 0;
    // So little is no trouble to a look from the start.
    if (tookMs < slowMs.atLeast) this.#from = 0;
  }

  #wentOn({ since, until }: Stretch, tookMs: number): void {
    if (tookMs > stretchMs.most)
      this.#length = Math.max(1, Math.ceil((until - since) * (stretchMs.most / tookMs)));
    else if (tookMs < stretchMs.least) this.#length *= 2;
    const isOver = until >= this.#from;
    this.#since = isOver ? 0 : until;
    this.#isSearched ||= isOver;
    this.#last = { atMs: this.now, tookMs };
  }

  /** What a look found that began at `from`, and then; in the order of the line. */
  looked(jobs: readonly Found[], { from, sinceMs, lastSeq }: Begun): void {
    const last = jobs.at(-1);
    if (last === undefined) return this.#foundNobody({ from, sinceMs, lastSeq });
    this.#isSearched = false;
    // What is more urgent comes and goes; the line goes on where most of it stands.
    const level = from > 0 ? Math.min(this.#level, last.priority) : last.priority;
    const first = jobs.find(({ priority }) => priority === level)?.seq ?? from;
    this.#level = level;
    // Unless it was lowered meanwhile.
    if (from > 0 && this.#from === from) this.#from = Math.max(from, first);
    else if (from === 0) this.#lookedThrough(first, jobs.length, this.now - sinceMs);
  }

  /** Who comes from now on stands behind everybody; whoever stores jobs for long does not, and is near. */
  #foundNobody({ from, sinceMs, lastSeq }: Begun): void {
    if (lastSeq === null) return;
    if (from > 0 && this.#from === from) this.#from = Math.max(from, lastSeq + 1);
    if (from > 0) return;
    this.#level = usualLevel;
    this.#lookedThrough(lastSeq + 1, 0, this.now - sinceMs);
  }

  #lookedThrough(first: number, found: number, tookMs: number): void {
    const isSlow = tookMs >= slowMs.atLeast + slowMs.aJob * found;
    this.#slow = isSlow ? this.#slow + 1 : 0;
    if (this.#slow < patience && tookMs < slowMs.very) return;
    this.#slow = 0;
    this.#from = first;
    this.#length = Infinity;
    // It read all of that.
    this.#wentOn({ since: 0, until: first }, tookMs);
  }

  #waitMs({ leastMs, times }: Rest): number {
    const { atMs, tookMs } = this.#last;
    return Math.max(0, atMs + Math.max(leastMs, tookMs * times) - this.now);
  }
}

interface Rest {
  readonly leastMs: number;
  readonly times: number;
}

/** Of the workers that claim over one session. */
export class Fronts {
  readonly #clock: Clock;
  readonly #fronts = new Map<string, Front>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(instance: string): Front {
    const front = this.#fronts.get(instance) ?? new Front(this.#clock);
    this.#fronts.set(instance, front);
    return front;
  }

  /** The worker's life is over. */
  forget(instance: string): void {
    this.#fronts.delete(instance);
  }

  /** A job became ready that may stand before others. */
  lower(seq: number): void {
    for (const front of this.#fronts.values()) front.lower(seq);
  }
}

/** Jobs by their numbers, the first one of the stretch and the first one after it. */
export interface Stretch {
  readonly since: number;
  readonly until: number;
}

interface Found {
  readonly seq: number;
  readonly priority: number;
}

export interface Begun {
  readonly from: number;
  readonly sinceMs: number;
  /** The last job that there is, if there is none ready from there on; else null. */
  readonly lastSeq: number | null;
}
