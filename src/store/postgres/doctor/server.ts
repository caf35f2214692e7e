/** The server: what it is, how it keeps what it has acknowledged, what time it takes it to be, and how full it is. */
import { advice, type Finding, problem } from '../../doctor.ts';
import type { Clock } from '../../store.ts';
import type { Snapshot } from './snapshot.ts';

/** https://www.postgresql.org/docs/current/runtime-config.html; switches are 'on' or 'off'. */
export interface Server {
  readonly version: string;
  readonly versionNumber: number;
  readonly role: string;
  readonly pid: number;
  readonly nowMs: number;
  readonly isStandby: boolean;
  readonly readOnly: string;
  readonly synchronousCommit: string;
  readonly fsync: string;
  readonly fullPageWrites: string;
  readonly autovacuum: string;
  readonly trackCounts: string;
  readonly connectionsAtMost: number;
  readonly connectionsUsed: number;
  /** By how much the server's clock is surely ahead of ours, or, below 0, behind it. */
  readonly aheadMs: number;
}

const newestVersion = 19;
const clockToleranceMs = 5000;
/** Of the connections that there may be. */
const scarce = 0.8;

export async function stateOf(snapshot: Snapshot, clock: Clock): Promise<Server> {
  const before = clock.wall();
  const state = (await snapshot.get('serverState')) as unknown as Omit<Server, 'aheadMs'>;
  return { ...state, aheadMs: beyond(state.nowMs, before, clock.wall()) };
}

/** How far an instant is from the time in which it was asked for. */
function beyond(instant: number, from: number, to: number): number {
  return Math.min(instant - from, 0) + Math.max(instant - to, 0);
}

export function findAboutVersion({ version, versionNumber }: Server): Finding[] {
  if (versionNumber < newestVersion * 10_000) return [];
  const hint = `gigq was tested on 14 to ${newestVersion - 1}: see whether there is a newer gigq.`;
  return [advice('server_untested', `The server is PostgreSQL ${version}`, { hint })];
}

export function findAboutSettings(server: Server): Finding[] {
  return [...aboutReading(server), ...aboutDurability(server), ...aboutVacuum(server)];
}

function aboutReading({ isStandby, readOnly }: Server): Finding[] {
  const why = isStandby ? 'is a standby' : 'is set to be read only';
  if (!isStandby && readOnly === 'off') return [];
  const hint = isStandby
    ? 'Name the primary server: nothing can be written here.'
    : 'Set default_transaction_read_only to off for the server, the database or the role.';
  return [problem('database_readonly', `The server ${why}`, { hint })];
}

function aboutDurability({ synchronousCommit, fsync, fullPageWrites }: Server): Finding[] {
  const found: Finding[] = [];
  if (synchronousCommit === 'off')
    found.push(
      problem('commits_unsafe', 'synchronous_commit is off: acknowledged jobs can be lost', {
        hint: "Set it to on, for gigq's role at least: ALTER ROLE … SET synchronous_commit = on. If losing the last moments is meant, say so by durability: 'relaxed' and leave the server as it is.",
      }),
    );
  for (const [name, value] of Object.entries({ fsync, full_page_writes: fullPageWrites }))
    if (value === 'off')
      found.push(
        problem('server_unsafe', `${name} is off: power loss can damage all databases`, {
          hint: `Set ${name} to on in the configuration of the server, unless it holds nothing but tests.`,
        }),
      );
  return found;
}

function aboutVacuum({ autovacuum, trackCounts }: Server): Finding[] {
  if (autovacuum === 'on' && trackCounts === 'on') return [];
  const name = autovacuum === 'on' ? 'track_counts' : 'autovacuum';
  const hint = `Set ${name} to on in the configuration of the server: claims take longer and longer without.`;
  return [problem('autovacuum_off', `${name} is off: dead rows are never removed`, { hint })];
}

export function findAboutClock({ aheadMs }: Server): Finding[] {
  if (Math.abs(aheadMs) <= clockToleranceMs) return [];
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const message = `The clock of the server is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the one here`;
  const hint =
    'gigq goes by the clock of the server alone, whatever it says; set both clocks by NTP so that times mean the same in your logs.';
  return [advice('clock_differs', message, { hint })];
}

export function findAboutConnections(server: Server, toldPid: number | null): Finding[] {
  return [...aboutPooler(server, toldPid), ...aboutRoom(server)];
}

function aboutPooler({ pid }: Server, toldPid: number | null): Finding[] {
  if (pid === toldPid) return [];
  const message = 'A pooler lends connections for a transaction: LISTEN is not to be had';
  const hint =
    'Workers here look for jobs at their pollingInterval; to be woken at once, name the server itself or a pooler in session mode.';
  return [advice('pooled', message, { hint })];
}

function aboutRoom({ connectionsUsed, connectionsAtMost }: Server): Finding[] {
  if (connectionsUsed < connectionsAtMost * scarce) return [];
  const message = `${connectionsUsed} of ${connectionsAtMost} connections are in use`;
  const hint =
    'A process with a queue or a worker needs up to three: raise max_connections, or put a pooler between.';
  return [advice('connections_scarce', message, { hint })];
}
