/**
 * What the end of jobs, or their coming back, means to those that wait for them. Each goes from wave to wave (dependents,
 * their dependents, …) in the transaction that began it: nothing recurses, and a wave is a few statements, however wide.
 */
import type { Lease } from '../../core/job.ts';
import type { JobStatus, OnParentFailure } from '../../core/state.ts';
import { takenDownBy } from '../../core/workflow.ts';
import { type Pair, whenBack, whenEnded } from '../consequences.ts';
import type { Values } from './connection.ts';
import { type Context, type Member, move } from './context.ts';

/** A dependent beside one of its parents. */
export interface Dependent extends Member, Pair {}

/** Locked from then on. */
export async function dependentsOf(
  { connection }: Context,
  parents: readonly number[],
): Promise<readonly Dependent[]> {
  if (parents.length === 0) return [];
  const rows = await connection.all('dependents', { parents });
  return rows as unknown as readonly Dependent[];
}

// ── parents have ended ──────────────────────────────────────────────────────────────────────────

/** Releases or takes down whatever waited for these jobs, which have just ended, and for those that end with them. */
export async function ended(context: Context, jobs: readonly number[]): Promise<void> {
  await follow(context, await dependentsOf(context, jobs));
}

/** The same, of jobs whose dependents have been read. */
export async function follow(context: Context, dependents: readonly Dependent[]): Promise<void> {
  for (let wave = dependents; wave.length > 0;) {
    const { takenDown, released } = whenEnded(wave);
    const down = takenDown.map(({ seq }) => seq);
    // Asked for in one go: statements are carried out in the order in which they are sent.
    const [, , next] = await Promise.all([
      takeDown(context, takenDown),
      release(context, released),
      dependentsOf(context, down),
    ]);
    wave = next;
  }
}

export async function takeDown(context: Context, jobs: readonly Dependent[]): Promise<void> {
  if (jobs.length === 0) return;
  for (const job of jobs) move(context, job, 'blocked', 'cancelled');
  context.done.change = true;
  await writeTakenDown(
    context,
    jobs.map(({ seq, parent, parentId, parentStatus }) => ({
      child: seq,
      seq: parent,
      id: parentId,
      status: parentStatus,
    })),
  );
}

/** A parent against which a job stands; of one that was cleared nothing but its id is left. */
export interface Obstacle {
  readonly child: number;
  readonly seq: number;
  readonly id: string;
  readonly status: JobStatus | null;
}

interface BadParent extends Obstacle {
  readonly status: JobStatus;
}

async function writeTakenDown(
  { connection }: Context,
  parents: readonly BadParent[],
): Promise<void> {
  if (parents.length === 0) return;
  await connection.all('takeDown', {
    seqs: parents.map(({ child }) => child),
    parents: parents.map(({ seq }) => seq),
    errors: parents.map((parent) => JSON.stringify(takenDownBy(parent))),
  });
}

type Tallied = readonly (readonly [Dependent, number])[];

function tallyColumns(tallied: Tallied) {
  return {
    seqs: tallied.map(([{ seq }]) => seq),
    parents: tallied.map(([, parents]) => parents),
  };
}

async function release(context: Context, released: Tallied): Promise<void> {
  if (released.length === 0) return;
  await writeReleased(context, { ...tallyColumns(released), ended: [], leases: [] });
}

/**
 * Releases whatever waited for jobs, if they ended by these leases in this transaction, all of them completed, and it is sent in
 * one piece; if one did not, and somebody waited for it, the transaction fails. No job comes twice.
 */
export async function releaseAtOnce(context: Context, leases: readonly Lease[]): Promise<void> {
  if (leases.length === 0) return;
  await writeReleased(context, {
    seqs: [],
    parents: [],
    ended: leases.map(({ seq }) => seq),
    leases: leases.map(({ token }) => token),
  });
}

async function writeReleased(context: Context, released: Values): Promise<void> {
  const values = { ...released, counted: context.isCounted };
  const rows = await context.connection.all('release', values);
  for (const { seq, status, workflow } of rows as unknown as readonly Dependent[]) {
    // Whatever was waiting was blocked: a job is, as long as a parent holds it up.
    if (status !== 'scheduled' && status !== 'pending') continue;
    move(context, { workflow }, 'blocked', status);
    context.fronts.lower(seq);
    context.done.work = true;
  }
}

// ── jobs come back ──────────────────────────────────────────────────────────────────────────────

/** A job that ended badly. */
export interface Ended extends Member {
  readonly seq: number;
  readonly status: JobStatus;
  readonly policy: OnParentFailure | null;
}

/**
 * Brings jobs back with all that they took down, and counts them. A job does not come back against a parent that takes it
 * down or is gone: then it is not counted. With `adopt`, the parent is noted as the one that keeps the job down, so that it
 * comes back with that parent: among these, or later.
 */
export async function bringBack(
  context: Context,
  jobs: readonly Ended[],
  { adopt }: { readonly adopt: boolean },
): Promise<number> {
  let count = 0;
  let wave = await revive(context, jobs, adopt);
  while (wave.length > 0) {
    count += wave.length;
    wave = await recall(context, await dependentsOf(context, wave));
  }
  return count;
}

async function revive(
  context: Context,
  jobs: readonly Ended[],
  adopt: boolean,
): Promise<readonly number[]> {
  if (jobs.length === 0) return [];
  const against = await standingAgainst(
    context,
    jobs.map(({ seq }) => seq),
  );
  const bad = [...against.values()].filter(({ status }) => status !== null);
  if (adopt) await writeTakenDown(context, bad as readonly BadParent[]);
  return requeue(
    context,
    jobs.filter(({ seq }) => !against.has(seq)),
  );
}

async function requeue(context: Context, jobs: readonly Ended[]): Promise<readonly number[]> {
  if (jobs.length === 0) return [];
  const seqs = jobs.map(({ seq }) => seq);
  const { connection, done } = context;
  const [, rows] = await Promise.all([
    connection.all('keepExecutions', { seqs }),
    connection.all('requeue', { seqs }),
  ]);
  const now = new Map(rows.map(({ seq, status }) => [seq, status as JobStatus]));
  for (const job of jobs) {
    move(context, job, job.status, now.get(job.seq) ?? null);
    context.fronts.lower(job.seq);
  }
  done.work = true;
  return seqs;
}

/** The parents that keep jobs from coming back, by the jobs. */
export async function standingAgainst(
  { connection }: Context,
  seqs: readonly number[],
): Promise<ReadonlyMap<number, Obstacle>> {
  const rows = await connection.all('standingAgainst', { seqs });
  const obstacles = rows as unknown as readonly Obstacle[];
  return new Map(obstacles.map((obstacle) => [obstacle.child, obstacle]));
}

/** Of those that these parents released or took down, who waits for them again; returns who came back. */
async function recall(
  context: Context,
  dependents: readonly Dependent[],
): Promise<readonly number[]> {
  const { back, blocked } = whenBack(dependents);
  const revived = await revive(context, back, true);
  await block(context, blocked);
  return revived;
}

async function block(context: Context, blocked: Tallied): Promise<void> {
  if (blocked.length === 0) return;
  await context.connection.all('block', tallyColumns(blocked));
  for (const [dependent] of blocked) {
    const { status } = dependent;
    if (status === 'scheduled' || status === 'pending') move(context, dependent, status, 'blocked');
  }
}
