/** Recording how executions went and how they ended. */
import type { Settlement } from '../../core/job.ts';
import { isFinal, type JobStatus } from '../../core/state.ts';
import type { Settled, Working } from '../store.ts';
import { type Context, instantOf, move } from './context.ts';
import { ended } from './dependents.ts';
import { inputs } from './inputs.ts';

export function settling(context: Context): Omit<Working, 'claim'> {
  return {
    inputs: (leases) => leases.map((lease) => inputs(context, lease)),
    settle: (settlements) => settleAll(context, settlements),
    progress: (reports) => {
      const now = context.clock.wall();
      return reports.map(({ lease: { seq, token }, progress }) => {
        const values = { seq, token, progress: JSON.stringify(progress), now };
        return context.connection.run('progress', values) === 1;
      });
    },
  };
}

/** Those that have ended release their dependents together: a job whose parents end in one batch is written once. */
function settleAll(context: Context, settlements: readonly Settlement[]): readonly Settled[] {
  const now = context.clock.wall();
  const replies = settlements.map((settlement) => settle(context, settlement, now));
  const over = settlements.filter(
    ({ status }, place) => replies[place] === 'settled' && isFinal(status),
  );
  ended(
    context,
    over.map(({ lease }) => lease.seq),
  );
  return replies;
}

function settle(context: Context, settlement: Settlement, now: number): Settled {
  const error = settlement.error === null ? null : JSON.stringify(settlement.error);
  const write = isFinal(settlement.status) ? end : retry;
  return write(context, settlement, { error, now })
    ? 'settled'
    : settledBefore(context, settlement);
}

interface Written {
  /** As JSON. */
  readonly error: string | null;
  readonly now: number;
}

/** A run that ends its job as it ends itself is recorded by the job's row: one write. */
function end(context: Context, settlement: Settlement, written: Written): boolean {
  const { lease, status, execution, attempts, result } = settlement;
  if (execution !== status && !record(context, settlement, written)) return false;
  const { seq, token } = lease;
  const ending = { seq, token, status, attempts, result, ...written };
  if (context.connection.run('settle', ending) === 0) return false;
  move(context, { ...lease, nextLane: accuse(context, settlement) }, 'running', status);
  context.done.change = true;
  return true;
}

function retry(context: Context, settlement: Settlement, written: Written): boolean {
  if (!record(context, settlement, written)) return false;
  const { lease, due, status, attempts } = settlement;
  const runAt = due === null ? null : instantOf(due, written.now);
  const row = context.connection.get('retry', {
    seq: lease.seq,
    status,
    attempts,
    runAt,
    ...written,
  });
  const nextLane = accuse(context, settlement);
  move(context, { ...lease, nextLane }, 'running', row?.['status'] as JobStatus);
  context.done.work = true;
  return true;
}

/** False if the lease is lost. */
function record(
  { connection }: Context,
  { lease: { seq, token }, execution: status }: Settlement,
  written: Written,
): boolean {
  return connection.run('recordExecution', { seq, token, status, ...written }) === 1;
}

/** The lane in which the job is from now on: suspects have lanes of their own. Most settlements accuse nobody. */
function accuse(context: Context, settlement: Settlement): number {
  const { lease, crashes, expiries, suspect, execution } = settlement;
  const lane = context.lanes.counterpart(lease.lane, suspect);
  if (lane !== lease.lane || execution === 'lost')
    context.connection.run('accuse', { seq: lease.seq, crashes, expiries, lane });
  return lane;
}

function settledBefore(context: Context, { lease, execution }: Settlement): Settled {
  const { seq, token } = lease;
  const row = context.connection.get('endedAs', { seq, token });
  return row?.['status'] === execution ? 'duplicate' : 'lost';
}
