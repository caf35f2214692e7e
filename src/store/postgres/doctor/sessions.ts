/** Transactions that stay open: nothing that they may still see is removed, and claims have to pass over it. */
import { advice, type Finding, problem } from '../../doctor.ts';
import type { Snapshot } from './snapshot.ts';

interface Transaction {
  readonly pid: number | null;
  readonly name: string;
  readonly role: string | null;
  /** As pg_stat_activity has it; `prepared` and `slot` for what is no session. */
  readonly state: string | null;
  readonly ageS: number | null;
  readonly holdsRows: boolean;
}

const oldS = 60;
const worrisomeS = 300;
const inDays = 172_800;
const inMinutes = 120;

export async function findOldTransactions(
  snapshot: Snapshot,
  olderThanS = oldS,
): Promise<Finding[]> {
  const found = await snapshot.all('oldTransactions', { olderThanS });
  return (found as unknown as readonly Transaction[]).map(tellOf);
}

/** Whether the sessions of other roles are seen as well. */
export async function seesAll(snapshot: Snapshot): Promise<boolean> {
  return (await snapshot.get('seesSessions'))?.['seesAll'] === true;
}

function tellOf(transaction: Transaction): Finding {
  const { ageS, holdsRows } = transaction;
  const isWorrisome = holdsRows && (ageS ?? worrisomeS) >= worrisomeS;
  const tell = isWorrisome ? problem : advice;
  const effect = holdsRows ? 'dead rows of jobs cannot be removed' : 'it may hold locks';
  return tell('transaction_old', `${nameOf(transaction)}: ${effect}`, {
    hint: hintOf(transaction),
  });
}

function nameOf({ pid, name, role, state, ageS }: Transaction): string {
  if (state === 'slot') return `Replication slot ${name} is used by nobody and keeps old rows`;
  const age = ageOf(ageS ?? 0);
  if (state === 'prepared') return `Transaction ${name} of ${role} was prepared ${age} ago`;
  const what =
    state === 'idle in transaction'
      ? 'has been idle in a transaction'
      : 'has been in a transaction';
  return `Process ${pid} of ${role} (${name}) ${what} for ${age}`;
}

function hintOf({ pid, name, state }: Transaction): string {
  if (state === 'slot')
    return `Drop it if nobody comes back: SELECT pg_drop_replication_slot('${name}')`;
  if (state === 'prepared') return `End it: COMMIT PREPARED or ROLLBACK PREPARED '${name}'`;
  return `End it where it was begun, or by: SELECT pg_terminate_backend(${pid}). idle_in_transaction_session_timeout keeps it from happening again.`;
}

function ageOf(seconds: number): string {
  if (seconds < inMinutes) return `${Math.round(seconds)} s`;
  return seconds < inDays
    ? `${Math.round(seconds / 60)} min`
    : `${Math.round(seconds / 86_400)} days`;
}
