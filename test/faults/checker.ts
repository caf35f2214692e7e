// Decides whether what happened may have happened. Pure: a history and what the database holds at the end, in; what
// contradicts the invariants, out. A scenario only supplies faults.
import { byJob, faultsIn, type History, type Line, type Run, runsIn } from './history.ts';
import type { ExecutionRow, JobRow, Records } from './records.ts';

export interface CheckOptions {
  /** Who was frozen for longer than this may find its jobs with others. */
  readonly leaseMs?: number;
  /** Whether jobs may have failed because they were killed too often. */
  readonly mayCrashLoop?: boolean;
  /** Whether all jobs should have ended. */
  readonly allEnded?: boolean;
}

/** Everything that the rules look at, put in order once. */
interface Case extends Required<CheckOptions> {
  readonly history: History;
  readonly records: Records;
  readonly jobs: ReadonlyMap<string, JobRow>;
  readonly executions: ReadonlyMap<string, readonly ExecutionRow[]>;
  readonly runs: ReadonlyMap<string, readonly Run[]>;
  readonly lines: ReadonlyMap<string, readonly Line[]>;
}

type Rule = (all: Case) => Iterable<string>;

const finals: ReadonlySet<string> = new Set(['completed', 'failed', 'timeout', 'cancelled']);
/** Executions that are charged to the maximum of attempts. */
const charged: ReadonlySet<string> = new Set(['completed', 'failed', 'timeout', 'cancelled']);
/** A job that was lost so often, each time alone in its process, may be taken for the cause. */
const crashBudget = 3;

export function check(
  history: History,
  records: Records,
  { leaseMs = 30_000, mayCrashLoop = false, allEnded = true }: CheckOptions = {},
): readonly string[] {
  const all: Case = {
    history,
    records,
    leaseMs,
    mayCrashLoop,
    allEnded,
    jobs: new Map(records.jobs.map((job) => [job.id, job])),
    executions: byJob(records.executions),
    runs: byJob(runsIn(history)),
    lines: byJob(history),
  };
  return rules.flatMap((rule) => [...rule(all)]);
}

// ── durability ──────────────────────────────────────────────────────────────────────────────────

const submittedJobsAreThere: Rule = function* ({ lines, jobs }) {
  for (const [id, about] of lines) {
    const wasAcked = about.some(({ op }) => op === 'acked');
    const wasRefused = about.some(({ op, outcome }) => op === 'refused' && outcome === 'fail');
    if (wasAcked && !jobs.has(id)) yield `I1: ${id} was acknowledged and is gone`;
    if (wasRefused && !wasAcked && jobs.has(id)) yield `I1: ${id} was refused and is there`;
  }
};

const onlySubmittedJobsAreThere: Rule = function* ({ jobs, lines }) {
  for (const id of jobs.keys())
    if (!lines.get(id)?.some(({ op }) => op === 'submit')) yield `I1: nobody submitted ${id}`;
};

// ── endings ─────────────────────────────────────────────────────────────────────────────────────

const jobsEndOnce: Rule = function* ({ jobs, executions }) {
  for (const [id, job] of jobs) {
    const history = executions.get(id) ?? [];
    const completions = history.filter(({ status }) => status === 'completed').length;
    if (completions !== (job.status === 'completed' ? 1 : 0))
      yield `I2: ${id} is ${job.status} and was completed ${completions} times`;
    if (completions > 0 && history.at(-1)?.status !== 'completed')
      yield `I2: ${id} ran again after it was completed`;
  }
};

/** What a run is recorded as must be what its handler did. */
const recordsTellTheTruth: Rule = function* ({ jobs, executions, runs, mayCrashLoop }) {
  for (const id of jobs.keys()) {
    const recorded = executions.get(id) ?? [];
    const ran = runs.get(id) ?? [];
    for (const [status, outcome] of [['completed', 'ok'] as const, ['failed', 'fail'] as const]) {
      const records = recorded.filter((execution) => execution.status === status).length;
      const ends = ran.filter((run) => run.outcome === outcome).length;
      if (records > ends && !(status === 'failed' && mayCrashLoop && wasLostOften(recorded)))
        yield `I2: ${id} was recorded ${status} ${records} times, its handler did so ${ends} times`;
    }
  }
};

const endedJobsStayEnded: Rule = function* ({ lines, jobs }) {
  for (const [id, about] of lines) {
    const told = about.find(({ op, what = '' }) => op === 'told' && finals.has(what));
    if (told !== undefined && jobs.get(id)?.status !== told.what)
      yield `I6: ${id} was told to be ${told.what} and is ${jobs.get(id)?.status ?? 'gone'}`;
    const after = about.find(({ op, mono }) => op === 'began' && mono > (told?.mono ?? Infinity));
    if (after !== undefined) yield `I6: ${id} ran after it was told to be ${told?.what}`;
  }
};

// ── attempts ────────────────────────────────────────────────────────────────────────────────────

const attemptsAreChargedRuns: Rule = function* ({ jobs, executions }) {
  for (const [id, job] of jobs) {
    const count = (executions.get(id) ?? []).filter(({ status }) => charged.has(status)).length;
    const expected = count + (job.status === 'running' ? 1 : 0);
    if (job.attempts !== expected)
      yield `I3: ${id} has ${job.attempts} attempts, ${expected} of its runs are charged`;
    if (job.attempts > job.maxAttempts) yield `I3: ${id} has more attempts than it may`;
  }
};

const runsAreNumbered: Rule = function* ({ jobs, executions, runs }) {
  for (const [id, job] of jobs) {
    const recorded = executions.get(id) ?? [];
    const total = recorded.length + (job.status === 'running' ? 1 : 0);
    if (recorded.some(({ number }, place) => number !== place + 1) || job.number !== total)
      yield `I3: the runs of ${id} are numbered ${recorded.map(({ number }) => number).join(' ')} of ${job.number}`;
    const ran = runs.get(id)?.length ?? 0;
    if (ran > total) yield `I3: ${id} ran ${ran} times, ${total} of them are known`;
  }
};

const executionsKnowTheirAttempt: Rule = function* ({ executions }) {
  for (const [id, history] of executions) {
    let before = 0;
    for (const { number, attempt, status } of history) {
      if (attempt !== before + 1) yield `I3: run ${number} of ${id} was attempt ${attempt}`;
      if (charged.has(status)) before += 1;
    }
  }
};

/** Nothing fails but by its handler, or because whoever ran it died again and again. */
const failuresHaveACause: Rule = function* ({ jobs, executions, history, mayCrashLoop, runs }) {
  const kills = faultsIn(history, 'killed').length;
  for (const [id, { status }] of jobs) {
    if (status !== 'failed' || runs.get(id)?.some(({ outcome }) => outcome === 'fail')) continue;
    if (!mayCrashLoop || kills < crashBudget || !wasLostOften(executions.get(id) ?? []))
      yield `I3: ${id} failed and its handler did not`;
  }
};

function wasLostOften(history: readonly ExecutionRow[]): boolean {
  return history.filter(({ status }) => status === 'lost').length >= crashBudget - 1;
}

// ── leases ──────────────────────────────────────────────────────────────────────────────────────

const runsDoNotOverlap: Rule = function* (all) {
  for (const [id, runs] of all.runs) {
    for (const [place, run] of runs.entries()) {
      const next = runs[place + 1];
      if (next !== undefined && next.beganMs < run.overMs && !wasFrozen(all, run, next))
        yield `I4: ${id} ran in ${next.pid} while it still ran in ${run.pid}`;
    }
  }
};

/**
 * Whether a process had been frozen past its lease when the next run began; what it ran then is a zombie's. A lease is
 * renewed each third of it, so a process may have been frozen when a third of it was over.
 */
function wasFrozen({ history, leaseMs }: Case, run: Run, next: Run): boolean {
  const enoughMs = (2 / 3) * leaseMs;
  const thaws = faultsIn(history, 'thawed').filter(({ of }) => of === run.pid);
  return faultsIn(history, 'frozen').some(({ of, mono }) => {
    const thawedMs = thaws.find((thaw) => thaw.mono > mono)?.mono ?? Infinity;
    return of === run.pid && Math.min(thawedMs, next.beganMs) - mono >= enoughMs;
  });
}

// ── workflows ───────────────────────────────────────────────────────────────────────────────────

const parentsComeFirst: Rule = function* ({ jobs, runs }) {
  for (const [id, { parents }] of jobs) {
    const beganMs = runs.get(id)?.[0]?.beganMs ?? Infinity;
    for (const parent of parents) {
      const ended = (runs.get(parent) ?? []).filter(({ outcome }) => outcome === 'ok');
      const firstMs = Math.min(...ended.map(({ overMs }) => overMs));
      if (beganMs < firstMs) yield `I7: ${id} began before its parent ${parent} had ended`;
    }
  }
};

const nobodyIsInLimbo: Rule = function* ({ jobs }) {
  for (const [id, { status, parents, waitingFor }] of jobs) {
    const states = parents.map((parent) => jobs.get(parent)?.status ?? 'gone');
    const open = states.filter((state) => !finals.has(state)).length;
    if (status === 'blocked' && (open === 0 || open !== waitingFor))
      yield `I7: ${id} waits for ${waitingFor} parents, ${open} have not ended`;
    if (status !== 'blocked' && status !== 'cancelled' && states.some((s) => s !== 'completed'))
      yield `I7: ${id} is ${status}, its parents are ${states.join(' ')}`;
  }
};

// ── the whole ───────────────────────────────────────────────────────────────────────────────────

const everythingEnds: Rule = function* ({ jobs, allEnded }) {
  if (!allEnded) return;
  for (const [id, { status }] of jobs)
    if (!finals.has(status)) yield `I8: ${id} is still ${status}`;
};

const theDatabaseIsSound: Rule = function* ({ records, jobs }) {
  for (const damage of records.damage) yield `I10: ${damage}`;
  for (const miscount of records.miscounts) yield `I10: ${miscount}`;
  for (const [id, { status, hasLease, hasWorker }] of jobs) {
    if (status === 'running' && !hasLease) yield `I10: ${id} runs without a lease`;
    if (status === 'running' && !hasWorker) yield `I10: the worker of ${id} has no row`;
  }
};

const rules: readonly Rule[] = [
  submittedJobsAreThere,
  onlySubmittedJobsAreThere,
  jobsEndOnce,
  recordsTellTheTruth,
  endedJobsStayEnded,
  attemptsAreChargedRuns,
  runsAreNumbered,
  executionsKnowTheirAttempt,
  failuresHaveACause,
  runsDoNotOverlap,
  parentsComeFirst,
  nobodyIsInLimbo,
  everythingEnds,
  theDatabaseIsSound,
];

// ── how quick it was ────────────────────────────────────────────────────────────────────────────

/** The longest that a job whose process was killed waited for its next run, in milliseconds. */
export function slowestRecoveryMs(history: History): number {
  const waits = [...byJob(runsIn(history)).values()].flatMap((runs) =>
    runs
      .filter(({ wasKilled }) => wasKilled)
      .map((run) => nextAfter(runs, run.overMs) - run.overMs)
      .filter((ms) => ms < Infinity),
  );
  return Math.max(0, ...waits);
}

function nextAfter(runs: readonly Run[], ms: number): number {
  return Math.min(...runs.map(({ beganMs }) => beganMs).filter((beganMs) => beganMs > ms));
}
