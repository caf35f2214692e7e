// Workers that are taken for others: by a number that was used again, in another namespace, under the same name.
import { innocent, noSuspects } from '../../helpers/store-seam.ts';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { storeOf } from '../../../dist/client/job-queue.js';
import { decide } from '../../../dist/core/decide.js';
import type { Lease } from '../../../dist/core/job.js';
import type { WorkerKey } from '../../../dist/store/store.js';
import { beside } from '../../helpers/beside.ts';
import type { WorkerProcess } from '../../helpers/worker-process.ts';
import type { Arena } from '../arena.ts';
import { slowestRecoveryMs } from '../checker.ts';

const recoveryMs = 6000;

/** Whoever is to be caught at work works for long; its successor does not, for it runs suspects one after the other. */
const quick = 0.001;

async function busyWorker(arena: Arena, label: string): Promise<WorkerProcess> {
  const worker = await arena.worker({ concurrency: 4, workerId: label });
  await arena.submit('job', 10, 60_000);
  await arena.until(() => arena.lines('began').length === 4, 'four runs');
  return worker;
}

/** The number of a dead worker's process is that of one that lives. */
export async function reusedPid(arena: Arena): Promise<void> {
  const worker = await busyWorker(arena, 'dead');
  arena.kill(worker);
  await worker.exit();
  // The system gives the number away again: to this very process, which began at another time.
  await beside(
    arena.database,
    `UPDATE gigq_workers SET pid = ${process.pid} WHERE pid = ${worker.pid}`,
  );
  await arena.worker({ concurrency: 10 }, quick);
  await arena.allEnded();
  arena.verify();
  const tookMs = slowestRecoveryMs(arena.history);
  assert.ok(tookMs > 0 && tookMs < recoveryMs + arena.slackMs, `the jobs waited ${tookMs} ms`);
}

/** Two workers on one host that see each other's numbers as somebody else's, or nobody's. */
export async function twoNamespaces(arena: Arena): Promise<void> {
  if (!mayUnshare()) return arena.run.note('This user may not make pid namespaces: not tried');
  const options = { concurrency: 5, leaseDuration: '4s' } as const;
  const inside = arena.program('in-namespace', 'worker', arena.folder, JSON.stringify(options));
  await inside.said('ready');
  await arena.worker(options);
  await arena.submit('job', 10, 8000);
  await arena.allEnded();
  const pids = new Set(arena.lines('began').map(({ pid }) => pid));
  assert.equal(pids.size, 2, 'both ran jobs');
  arena.verify();
  const { executions, jobs } = arena.records;
  assert.equal(executions.length, jobs.length, 'every job ran once');
}

function mayUnshare(): boolean {
  return spawnSync('env', ['unshare', '--pid', '--fork', '--mount-proc', 'true']).status === 0;
}

/** A worker dies, and another with its label, on its host, begins at once. */
export async function reusedLabel(arena: Arena): Promise<void> {
  const worker = await busyWorker(arena, 'same');
  const { leases, keys } = await heldBy(arena.database);
  arena.kill(worker);
  await worker.exit();
  await arena.worker({ concurrency: 10, workerId: 'same' }, quick);
  await arena.until(() => arena.lines('began').length >= 8, 'the jobs to run again');
  await assertVoid(arena, { leases, keys });
  await arena.allEnded();
  arena.verify();
}

interface Held {
  readonly leases: readonly Lease[];
  readonly keys: readonly WorkerKey[];
}

async function heldBy(database: string): Promise<Held> {
  const leases = await beside(
    database,
    "SELECT seq, lane, workflow, token FROM gigq_jobs WHERE status = 'running'",
  );
  const keys = await beside(database, 'SELECT instance, epoch FROM gigq_workers');
  return { leases: leases as unknown as Lease[], keys: keys as unknown as WorkerKey[] };
}

/** Who comes with an old lease, or under an old key, is told that they are void. */
async function assertVoid(arena: Arena, { leases, keys }: Held): Promise<void> {
  const store = storeOf(arena.queue);
  const jobs = leases.map((lease) => ({
    lease,
    attempts: 1,
    maxAttempts: 3,
    retry: null,
    ...innocent,
  }));
  const stolen = jobs.map((job) => decide(job, { kind: 'completed', result: '"stolen"' }, 0));
  assert.deepEqual(new Set(await store.call('settle', stolen)), new Set(['lost']));
  for (const worker of keys) {
    const request = { worker, tasks: ['work'], queues: null, slots: ['same-0'], ...noSuspects };
    assert.equal((await store.call('claim', request)).fenced, true);
    assert.equal(await store.call('renew', { ...worker, stopping: false }), false);
  }
}
