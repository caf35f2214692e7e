/** Looks a schema and its server over from the outside in, and stops where looking further makes no sense. */
import { type Accused, findCrashes, nearTheEnd } from '../../doctor-crashes.ts';
import { foundBy, rowChecks } from '../../doctor-rows.ts';
import { findAboutWorkers } from '../../doctor-workers.ts';
import { type Diagnosis, type Examination, type Finding, problem } from '../../doctor.ts';
import { examined, type Note, Unusable } from '../../examination.ts';
import type { Clock } from '../../store.ts';
import { parseAddress } from '../address.ts';
import { Driver } from '../connecting.ts';
import { loadPg } from '../library.ts';
import { madeIn } from '../made.ts';
import { missingIn } from '../migrating.ts';
import { notBegun, Passing } from '../postgres-error.ts';
import { migrations } from '../sql.gen.ts';
import { findAboutGrants, mayCreate } from './role.ts';
import {
  findAboutClock,
  findAboutConnections,
  findAboutSettings,
  findAboutVersion,
  type Server,
  stateOf,
} from './server.ts';
import { findOldTransactions, seesAll } from './sessions.ts';
import { lookAt, type Snapshot } from './snapshot.ts';
import { findAboutIndexes, findAboutTables } from './tables.ts';

type Look = Examination & { readonly clock: Clock };

/** @throws {GigqError} `invalid_option` for the address of a schema that cannot be */
export async function examinePostgres(database: string, look: Look): Promise<Diagnosis> {
  const address = parseAddress(database);
  return examined(async (note) => {
    const driver = new Driver(await loadPg(), address, look.clock);
    try {
      await lookAt(driver, (snapshot) => examineAll(snapshot, look, note));
    } catch (error) {
      throw error instanceof Passing ? notBegun(address.shown, error) : error;
    }
  });
}

async function examineAll(snapshot: Snapshot, look: Look, note: Note): Promise<void> {
  const server = await stateOf(snapshot, look.clock);
  await examineServer(snapshot, server, note);
  const { schema } = snapshot.address;
  const made = madeIn(schema);
  const { role } = server;
  note(`role ${role}`, await findAboutGrants(snapshot, { role, tables: made.tables }));
  await requireOurs(snapshot, role);
  note(`schema ${schema}`);
  note('tables', await findAboutTables(snapshot, made));
  note('indexes', await findAboutIndexes(snapshot, made));
  note('jobs', [...(await checkRows(snapshot)), ...(await checkCrashes(snapshot))]);
  note('workers', await checkWorkers(snapshot, look));
}

async function examineServer(snapshot: Snapshot, server: Server, note: Note): Promise<void> {
  note(`PostgreSQL ${server.version}`, findAboutVersion(server));
  note('settings', findAboutSettings(server));
  note('clock', findAboutClock(server));
  note('connections', findAboutConnections(server, snapshot.pid));
  const whose = (await seesAll(snapshot)) ? 'transactions' : `transactions of ${server.role}`;
  note(whose, await findOldTransactions(snapshot));
}

async function requireOurs(snapshot: Snapshot, role: string): Promise<void> {
  const missing = await missingIn(snapshot);
  if (missing.length === 0) return;
  const { shown, schema } = snapshot.address;
  const who = (await mayCreate(snapshot)) ? '' : `, by a role that may create it: ${role} may not`;
  const isNew = missing.length === migrations.length;
  const message = isNew
    ? `${shown} holds no jobs in its schema ${schema}`
    : `${shown} has an older schema`;
  const hint = isNew
    ? `Check the address and the schema. To make it: gigq migrate${who}.`
    : `Bring it up to date: gigq migrate${who}.`;
  throw new Unusable(problem(isNew ? 'database_missing' : 'schema_older', message, { hint }));
}

async function checkRows(snapshot: Snapshot): Promise<Finding[]> {
  await snapshot.all('tryJson');
  const findings: Finding[] = [];
  for (const check of rowChecks) findings.push(...foundBy(check, await snapshot.all(check.wrong)));
  return findings;
}

async function checkCrashes(snapshot: Snapshot): Promise<Finding[]> {
  return findCrashes((await snapshot.all('accused', nearTheEnd)) as unknown as readonly Accused[]);
}

/** By the clock of the server, as workers do. */
async function checkWorkers(snapshot: Snapshot, { isGone }: Look): Promise<Finding[]> {
  const now = Number((await snapshot.get('now'))?.['now']);
  const workerRows = await snapshot.all('workers', { lostOnly: false });
  const readyLanes = await snapshot.all('readyLanes');
  return findAboutWorkers({ workerRows, readyLanes, isGone, now });
}
