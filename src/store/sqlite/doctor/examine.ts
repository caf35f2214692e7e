/** Looks a database over from the outside in, and stops where looking further makes no sense. Nothing is changed. */
import { isGigqError, type GigqError } from '../../../core/errors.ts';
import type { Clock } from '../../store.ts';
import {
  type Diagnosis,
  type Examination,
  type Finding,
  type FindingCode,
  problem,
} from '../../doctor.ts';
import { ensureFile } from '../database-file.ts';
import { refuseNetworkFileSystem } from '../file-system.ts';
import { loadSqlite } from '../library.ts';
import { refuseMoved } from '../mark.ts';
import { missingIn } from '../migrating.ts';
import { migrations } from '../sql.gen.ts';
import { checkCrashes } from './crashes.ts';
import { checkFiles } from './files.ts';
import { checkLock } from './lock-holder.ts';
import { checkRows } from './rows.ts';
import { lookAt, type Snapshot } from './snapshot.ts';
import { checkWorkers } from './workers.ts';

type Look = Examination & { readonly clock: Clock };

interface Notes {
  readonly checked: string[];
  readonly findings: Finding[];
}

/** What keeps a database from being used at all: there is no use in looking further. */
class Unusable extends Error {
  readonly finding: Finding;

  constructor(finding: Finding) {
    super(finding.message);
    this.finding = finding;
  }
}

export async function examine(path: string, look: Look): Promise<Diagnosis> {
  const notes: Notes = { checked: [], findings: [] };
  try {
    await examineAll(path, look, notes);
  } catch (error) {
    // What cannot be read through and through is not to be written to, not even its mode.
    const untouched = notes.findings.map((finding) => ({ ...finding, fixable: false }));
    return { ...notes, findings: [...untouched, findingOf(error)] };
  }
  return notes;
}

async function examineAll(path: string, look: Look, { checked, findings }: Notes): Promise<void> {
  const note = (what: string, found: readonly Finding[] = []): void => {
    checked.push(what);
    findings.push(...found);
  };
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
    // Its jobs are somewhere else: what becomes of them here is of no account.
    refuseMoved(snapshot);
    note('jobs', [...checkRows(snapshot), ...checkCrashes(snapshot)]);
    note('workers', checkWorkers(snapshot, { isGone: look.isGone, now: look.clock.wall() }));
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

function findingOf(error: unknown): Finding {
  if (error instanceof Unusable) return error.finding;
  if (!isGigqError(error)) throw error;
  return problem(error.code as FindingCode, error.message, { hint: hintOf(error) });
}

function hintOf({ code, hint }: GigqError): string {
  return code === 'database_corrupt' ? restoreHint : hint;
}
