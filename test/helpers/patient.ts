// Databases for the doctor, and what it finds of them.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { doctor, type Finding, type FindingCode } from 'gigq/admin';
import { processIdentity } from '../../dist/worker/identity.js';
import { contentsOf } from './store-files.ts';
import { completed, newJob, type Seam, waitsFor } from './store-seam.ts';
import { SqliteSeam, temporaryFolder } from './store-sqlite.ts';

export interface Patient {
  readonly folder: string;
  readonly path: string;
}

export function newPatient(): Patient {
  const folder = temporaryFolder();
  return { folder, path: join(folder, 'jobs.db') };
}

/** A sound database with jobs in every state that jobs of one worker can be in, which nobody has open. */
export async function patient(): Promise<Patient> {
  const here = newPatient();
  const seam = new SqliteSeam(here.path);
  await fill(seam);
  await seam.store.close();
  return here;
}

/** Jobs in every state that jobs of one worker can be in. */
export async function fill(seam: Seam): Promise<void> {
  await seam.enqueue(newJob('parent', { priority: 9 }), newJob('other', { task: 'dance' }));
  await seam.call('enqueue', [
    newJob('child', waitsFor(['parent'])),
    newJob('grandchild', waitsFor(['child'])),
  ]);
  await seam.enqueue(newJob('later', { due: { afterMs: 1e12 } }), newJob('done', { priority: 8 }));
  const worker = await seam.worker('w1', { ...processIdentity(), tasks: ['greet', 'dance'] });
  const [parent, done] = await worker.take(2);
  assert.deepEqual([parent?.id, done?.id], ['parent', 'done']);
  if (done !== undefined) await worker.end(done, completed);
  if (parent !== undefined) await worker.end(parent, completed);
  await worker.leave();
}

export async function codesOf(path: string): Promise<FindingCode[]> {
  return (await doctor(path)).findings.map(({ code }) => code);
}

export function write(path: string, sql: string): void {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  database.exec(sql);
  database.close();
}

export function read(path: string, sql: string): unknown[][] {
  const database = new DatabaseSync(path);
  const rows = database.prepare(sql).all();
  database.close();
  return rows.map((row) => Object.values(row));
}

/** Asserts what is found, and that looking changed nothing in the folder. */
export async function assertFound(
  { folder, path }: Patient,
  code: FindingCode,
  message = /./u,
): Promise<Finding> {
  const before = contentsOf(folder);
  const { findings } = await doctor(path);
  assert.deepEqual(contentsOf(folder), before);
  const finding = findings.find((each) => each.code === code);
  assert.ok(finding, `${code} is not among ${JSON.stringify(findings)}`);
  assert.match(finding.message, message);
  assert.notEqual(finding.hint, '');
  assert.equal(finding.fixed, false);
  return finding;
}

/** That nobody runs the jobs that are ready: as it is of a database that is only looked at. */
export const idle: readonly FindingCode[] = ['no_worker'];
