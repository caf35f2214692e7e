/** Looks a database over from the outside in, and stops where looking further makes no sense. Nothing is changed. */
import type { Clock } from '../../store.ts';
import { type Accused, findCrashes, nearTheEnd } from '../../doctor-crashes.ts';
import { findAboutWorkers } from '../../doctor-workers.ts';
import { type Diagnosis, type Examination, type Finding, problem } from '../../doctor.ts';
import { examined, type Note, Unusable } from '../../examination.ts';
import { ensureFile } from '../database-file.ts';
import { refuseNetworkFileSystem } from '../file-system.ts';
import { loadSqlite } from '../library.ts';
import { missingIn } from '../migrating.ts';
import { migrations, sql } from '../sql.gen.ts';
import { checkFiles } from './files.ts';
import { checkLock } from './lock-holder.ts';
import { checkRows } from './rows.ts';
import { lookAt, type Snapshot } from './snapshot.ts';

type Look = Examination & { readonly clock: Clock };

export function examine(path: string, look: Look): Promise<Diagnosis> {
  return examined((note) => examineAll(path, look, note), { database_corrupt: restoreHint });
}

async function examineAll(path: string, look: Look, note: Note): Promise<void> {
  refuseNetworkFileSystem(path);
  note('file system');
  ensureFile(path, false);
  note('file', checkFiles(path));
  loadSqlite();
  note('SQLite version');
  note('write lock', await checkLock(path));
  lookAt(path, (snapshot) => {
    if (look.thorough) {
      requireSound(snapshot);
      note('integrity');
    }
    requireOurs(snapshot);
    note('schema');
    const accused = snapshot.query(sql.accused, nearTheEnd) as unknown as readonly Accused[];
    note('jobs', [...checkRows(snapshot), ...findCrashes(accused)]);
    note('workers', checkWorkers(snapshot, look));
  });
}

function checkWorkers(snapshot: Snapshot, { isGone, clock }: Look): Finding[] {
  return findAboutWorkers({
    workerRows: snapshot.query(sql.workers),
    readyLanes: snapshot.query(sql.readyLanes),
    isGone,
    now: clock.wall(),
  });
}

const restoreHint =
  'Stop every worker and keep a copy of the file and its -wal. Then restore a backup, or save what can be read: ' +
  'sqlite3 <file> .recover | sqlite3 <new file>';

function requireSound(snapshot: Snapshot): void {
  const lines = snapshot
    .query('PRAGMA integrity_check(10)')
    .map((row) => String(Object.values(row)[0]));
  if (lines.join() === 'ok') return;
  const message = `${snapshot.path} is damaged: ${lines.join('; ')}`.replaceAll('\n', ' ');
  throw new Unusable(problem('database_corrupt', message, { hint: restoreHint }));
}

function requireOurs(snapshot: Snapshot): void {
  const missing = missingIn(snapshot);
  if (missing.length === 0) return;
  const hint = `To make it one, or to bring it up to date: gigq migrate --db ${snapshot.path}`;
  const finding =
    missing.length === migrations.length
      ? problem('database_invalid', `${snapshot.path} is no gigq database`, { hint })
      : problem('schema_older', `${snapshot.path} has an older schema`, { hint });
  throw new Unusable(finding);
}
