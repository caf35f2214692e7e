/**
 * What crosses the keeper's border by the thousand goes by place, each job as an array of its values. With names, V8 writes them
 * all for every job and looks each up again on the other side: measured, that takes two to three times as long.
 */
import type { ClaimedJob, Lease, NewJob, Settlement } from '../core/job.ts';
import type { Answer, Claim, Unit } from './store.ts';

type PackedNewJob = ReturnType<typeof packNewJob>;
type PackedSettlement = ReturnType<typeof packSettlement>;
type PackedClaimedJob = ReturnType<typeof packClaimedJob>;

/** A unit on its way to the keeper. */
export type PackedUnit =
  | Exclude<Unit, { readonly op: 'enqueue' | 'settle' }>
  | (Omit<Unit<'enqueue'>, 'input'> & { readonly input: readonly PackedNewJob[] })
  | (Omit<Unit<'settle'>, 'input'> & { readonly input: readonly PackedSettlement[] });

type Reply = Extract<Answer, { ok: true }>['reply'];
type PackedClaim = Omit<Claim, 'jobs'> & { readonly jobs: readonly PackedClaimedJob[] };

/** A reply on its way back; whoever asked knows what to. */
export type PackedReply = Exclude<Reply, Claim> | PackedClaim;

export function packUnit(unit: Unit): PackedUnit {
  if (unit.op === 'enqueue') return { ...unit, input: unit.input.map(packNewJob) };
  if (unit.op === 'settle') return { ...unit, input: unit.input.map(packSettlement) };
  return unit;
}

export function unpackUnit(unit: PackedUnit): Unit {
  if (unit.op === 'enqueue') return { ...unit, input: unit.input.map(unpackNewJob) };
  if (unit.op === 'settle') return { ...unit, input: unit.input.map(unpackSettlement) };
  return unit;
}

export function packReply(op: Unit['op'], reply: Reply): PackedReply {
  if (op !== 'claim') return reply as Exclude<Reply, Claim>;
  const claim = reply as Claim;
  return { ...claim, jobs: claim.jobs.map(packClaimedJob) };
}

export function unpackReply(op: Unit['op'], reply: PackedReply): Reply {
  if (op !== 'claim') return reply as Exclude<Reply, Claim>;
  const claim = reply as PackedClaim;
  return { ...claim, jobs: claim.jobs.map(unpackClaimedJob) };
}

// ── each of them, in one order there and back ───────────────────────────────────────────────────

function packNewJob(job: NewJob) {
  return [
    job.id,
    job.task,
    job.queue,
    job.name,
    job.description,
    job.params,
    job.priority,
    job.maxAttempts,
    job.timeout,
    job.retry,
    job.due,
    job.parents,
  ] as const;
}

function unpackNewJob([
  id,
  task,
  queue,
  name,
  description,
  params,
  priority,
  maxAttempts,
  timeout,
  retry,
  due,
  parents,
]: PackedNewJob): NewJob {
  return {
    id,
    task,
    queue,
    name,
    description,
    params,
    priority,
    maxAttempts,
    timeout,
    retry,
    due,
    parents,
  };
}

function packSettlement(ending: Settlement) {
  return [
    packLease(ending.lease),
    ending.status,
    ending.attempts,
    ending.due,
    ending.result,
    ending.error,
    ending.execution,
    ending.crashes,
    ending.expiries,
    ending.suspect,
    ending.paramsLength ?? 0,
  ] as const;
}

function unpackSettlement([
  lease,
  status,
  attempts,
  due,
  result,
  error,
  execution,
  crashes,
  expiries,
  suspect,
  paramsLength,
]: PackedSettlement): Settlement {
  return {
    lease: unpackLease(lease),
    status,
    attempts,
    due,
    result,
    error,
    execution,
    crashes,
    expiries,
    suspect,
    paramsLength,
  };
}

function packClaimedJob(job: ClaimedJob) {
  return [
    packLease(job.lease),
    job.id,
    job.task,
    job.queue,
    job.name,
    job.description,
    job.params,
    job.priority,
    job.attempts,
    job.maxAttempts,
    job.number,
    job.timeout,
    job.retry,
    job.slot,
    [job.createdAtMs, job.startedAtMs, job.runAtMs],
    job.error,
    job.workflow,
    job.dependencies,
    job.inputs,
    [job.crashes, job.expiries, job.suspect],
  ] as const;
}

function unpackClaimedJob([
  lease,
  id,
  task,
  queue,
  name,
  description,
  params,
  priority,
  attempts,
  maxAttempts,
  number,
  timeout,
  retry,
  slot,
  [createdAtMs, startedAtMs, runAtMs],
  error,
  workflow,
  dependencies,
  inputs,
  [crashes, expiries, suspect],
]: PackedClaimedJob): ClaimedJob {
  return {
    lease: unpackLease(lease),
    id,
    task,
    queue,
    name,
    description,
    params,
    priority,
    attempts,
    maxAttempts,
    number,
    timeout,
    retry,
    slot,
    createdAtMs,
    startedAtMs,
    runAtMs,
    error,
    workflow,
    dependencies,
    inputs,
    crashes,
    expiries,
    suspect,
  };
}

function packLease({ seq, lane, workflow, token }: Lease) {
  return [seq, lane, workflow, token] as const;
}

function unpackLease([seq, lane, workflow, token]: ReturnType<typeof packLease>): Lease {
  return { seq, lane, workflow, token };
}
