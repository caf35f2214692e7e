/** Recording how executions went and how they ended. */
import type { Lease, Settlement } from '../../core/job.ts';
import { isFinal, type JobStatus } from '../../core/state.ts';
import type { Row } from '../rows.ts';
import type { Input, Settled } from '../store.ts';
import { type Asynchronous, type Context, dueColumns, move, sending } from './context.ts';
import { type Dependent, dependentsOf, follow, releaseAtOnce } from './dependents.ts';
import { inputs } from './inputs.ts';

export function settling(context: Context): Asynchronous<'inputs' | 'settle' | 'progress'> {
  return {
    inputs: (leases) => Promise.all(leases.map((lease) => inputs(context, lease))),
    settle: (settlements) => settle(context, settlements),
    progress: (reports) => progress(context, reports),
  };
}

async function progress(context: Context, reports: Input<'progress'>): Promise<readonly boolean[]> {
  // Of several reports of one lease the last one counts.
  const latest = [...new Map(reports.map((report) => [textOf(report.lease), report])).values()];
  const asked = context.connection.all('progress', {
    ...leaseColumns(latest.map(({ lease }) => lease)),
    progress: latest.map((report) => JSON.stringify(report.progress)),
  });
  const rows = await sending(context, asked);
  const written = new Set((rows as unknown as readonly Key[]).map(textOf));
  return reports.map(({ lease }) => written.has(textOf(lease)));
}

/**
 * Of several settlements of one lease the first one counts. Those that have ended release their dependents together: a
 * job whose parents end in one batch is written once.
 */
async function settle(
  context: Context,
  settlements: readonly Settlement[],
): Promise<readonly Settled[]> {
  const places = new Map<string, number>();
  for (const [place, { lease }] of settlements.entries())
    if (!places.has(textOf(lease))) places.set(textOf(lease), place);
  const first = [...places.values()].map((place) => settlements[place] as Settlement);
  const written = await write(context, first);
  const isSettled = ({ lease }: Settlement, place: number): boolean =>
    places.get(textOf(lease)) === place && written.has(textOf(lease));
  const others = settlements.filter((each, place) => !isSettled(each, place));
  const before = [...(await settledBefore(context, others))];
  return settlements.map((each, place) =>
    isSettled(each, place) ? 'settled' : (before.shift() as Settled),
  );
}

/** The leases by which something was written. In the order of jobs, so that two transactions cannot wait for each other. */
async function write(
  context: Context,
  settlements: readonly Settlement[],
): Promise<ReadonlySet<string>> {
  const lanes = await context.lanes.counterparts(
    settlements.map(({ lease }) => lease.lane),
    settlements.map(({ suspect }) => suspect),
  );
  const inOrder = settlements
    .map((settlement, place): Written => ({ ...settlement, lane: lanes[place] as number }))
    .toSorted((a, b) => a.lease.seq - b.lease.seq);
  const ends = inOrder.filter(({ status, execution }) => status === execution);
  const others = inOrder.filter(({ status, execution }) => status !== execution);
  const over = inOrder.filter(({ status }) => isFinal(status)).map(({ lease }) => lease);
  const written = Promise.all([
    end(context, ends),
    retry(context, others),
    waitingFor(context, over),
  ]);
  context.sent(over.map(({ seq }) => seq));
  const [ended, retried, dependents] = await written;
  const rows = [...ended, ...retried] as unknown as readonly SettledRow[];
  note(context, inOrder, rows);
  const seqs = new Set(rows.map(({ seq }) => seq));
  await follow(
    context,
    dependents.filter(({ parent }) => seqs.has(parent)),
  );
  return new Set(rows.map(textOf));
}

/** Who waits for jobs that end, and is to be seen to: nobody where that is done by the statement that finds them. */
async function waitingFor(context: Context, over: readonly Lease[]): Promise<readonly Dependent[]> {
  if (!context.isAtOnce) {
    return dependentsOf(
      context,
      over.map(({ seq }) => seq),
    );
  }
  await releaseAtOnce(context, over);
  return [];
}

interface Written extends Settlement {
  /** In which the job is from now on: suspects have lanes of their own. */
  readonly lane: number;
}

/** A run that ends its job as it ends itself is recorded by the job's row. */
async function end(
  { connection }: Context,
  settlements: readonly Written[],
): Promise<readonly Row[]> {
  if (settlements.length === 0) return [];
  return connection.all('settle', {
    ...columns(settlements),
    results: settlements.map(({ result }) => result),
  });
}

async function retry(
  { connection }: Context,
  settlements: readonly Written[],
): Promise<readonly Row[]> {
  if (settlements.length === 0) return [];
  return connection.all('retry', {
    ...columns(settlements),
    ...dueColumns(settlements.map(({ due }) => due)),
    executions: settlements.map(({ execution }) => execution),
    crashes: settlements.map(({ crashes }) => crashes),
    expiries: settlements.map(({ expiries }) => expiries),
  });
}

function columns(settlements: readonly Written[]) {
  return {
    ...leaseColumns(settlements.map(({ lease }) => lease)),
    statuses: settlements.map(({ status }) => status),
    attempts: settlements.map(({ attempts }) => attempts),
    errors: settlements.map(({ error }) => (error === null ? null : JSON.stringify(error))),
    lanes: settlements.map(({ lane }) => lane),
  };
}

function note(
  context: Context,
  settlements: readonly Written[],
  rows: readonly SettledRow[],
): void {
  const workflows = new Map(settlements.map(({ lease }) => [lease.seq, lease.workflow]));
  for (const { seq, status } of rows) {
    move(context, { workflow: workflows.get(seq) ?? null }, 'running', status);
    if (isFinal(status)) context.done.change = true;
    else {
      context.done.work = true;
      context.fronts.lower(seq);
    }
  }
}

interface SettledRow {
  readonly seq: number;
  readonly token: number;
  readonly status: JobStatus;
}

async function settledBefore(
  { connection }: Context,
  settlements: readonly Settlement[],
): Promise<readonly Settled[]> {
  if (settlements.length === 0) return [];
  const rows = await connection.all('endedAs', leaseColumns(settlements.map(({ lease }) => lease)));
  return settlements.map(({ execution }, place) =>
    rows[place]?.['status'] === execution ? 'duplicate' : 'lost',
  );
}

// ── leases ──────────────────────────────────────────────────────────────────────────────────────

type Key = Pick<Lease, 'seq' | 'token'>;

function leaseColumns(leases: readonly Key[]) {
  return { seqs: leases.map(({ seq }) => seq), tokens: leases.map(({ token }) => token) };
}

function textOf({ seq, token }: Key): string {
  return `${seq} ${token}`;
}
