// Workers that are asked to stop, with a database or without one.
import assert from 'node:assert/strict';
import type { WorkerProcess } from '../../helpers/worker-process.ts';
import type { Arena } from '../arena.ts';
import { byJob, runsIn } from '../history.ts';
import type { JobRow } from '../records.ts';

/** After a signal, what had been claimed may still begin; nothing new may be claimed. */
const lastBeginningMs = 500;

/** Whoever is to be stopped at work works for long; its successor does not. */
const quick = 0.02;

/** Short jobs end, long ones are given back and done by somebody else: no attempt is used up, the exit is clean. */
export async function stopAtWork(arena: Arena): Promise<void> {
  const worker = await arena.worker({ concurrency: 20, shutdownTimeout: '2s' });
  await arena.submit('long', 10, 60_000);
  await arena.until(() => arena.lines('began').length === 10, 'the long ones to run');
  const client = arena.client({ name: 'short', shape: 'batch', calls: 10, ms: 400 });
  await arena.until(() => arena.lines('told').length > 0, 'the first end');
  await arena.ask(worker);
  const { code, afterMs } = await worker.exit();
  assert.equal(code, 0, worker.stderr);
  assert.ok(afterMs < 4000 + arena.slackMs, `it took ${afterMs} ms`);
  const given = assertGivenBack(arena);
  assertNothingBegan(arena, worker);
  await client.said('done');
  await arena.worker({ concurrency: 20 }, quick);
  await arena.allEnded();
  arena.verify();
  assert.ok(
    given.every(({ id }) => jobOf(arena, id).attempts === 1),
    'one attempt in the end',
  );
}

/** The long jobs wait again, as if they had not run; none of the short ones was cut off. */
function assertGivenBack(arena: Arena): readonly JobRow[] {
  const { jobs } = arena.records;
  const given = jobs.filter(({ id }) => id.startsWith('long'));
  for (const { id, status, attempts } of given)
    assert.deepEqual([id, status, attempts], [id, 'pending', 0]);
  const cut = runsIn(arena.history).filter(({ outcome }) => outcome !== 'ok');
  assert.deepEqual(
    cut.filter(({ job }) => !job.startsWith('long')),
    [],
    'the short ones had time to end',
  );
  return given;
}

function assertNothingBegan(arena: Arena, { pid }: WorkerProcess): void {
  const [signalled] = arena.lines('signalled');
  const limitMs = (signalled?.mono ?? 0) + lastBeginningMs;
  const late = arena.lines('began').filter((line) => line.pid === pid && line.mono > limitMs);
  assert.deepEqual(late, [], 'nothing is claimed after the signal');
}

function jobOf(arena: Arena, id: string): JobRow {
  return arena.records.jobs.find((job) => job.id === id) ?? assert.fail(`${id} is gone`);
}

/** The second signal ends a worker that cannot reach its database; its jobs run elsewhere. */
export async function stopTwice(arena: Arena): Promise<void> {
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    const worker = await arena.worker({ concurrency: 4 });
    await arena.submit(name, 10, 60_000);
    await arena.until(() => arena.lines('began', worker).length === 4, 'four runs');
    const release = await arena.holdLock('awake');
    await arena.ask(worker);
    arena.insist(worker, name);
    const { signal, afterMs } = await worker.exit();
    assert.equal(signal, name);
    assert.ok(afterMs < 1000 + arena.slackMs, `it took ${afterMs} ms`);
    await release();
  }
  await arena.worker({ concurrency: 20 }, quick);
  await arena.allEnded();
  arena.verify();
}

/** The database cannot be reached all the while: the worker says so by its exit, and others recover its jobs. */
export async function stopWithoutDatabase(arena: Arena): Promise<void> {
  const worker = await arena.worker({ concurrency: 4, shutdownTimeout: '1s' });
  await arena.submit('job', 10, 60_000);
  await arena.until(() => arena.lines('began').length === 4, 'four runs');
  const release = await arena.holdLock('awake');
  await arena.ask(worker);
  const { code, afterMs } = await worker.exit();
  assert.equal(code, 1);
  assert.match(worker.stderr, /database_busy/u);
  assert.ok(afterMs < 9000 + arena.slackMs, `it took ${afterMs} ms`);
  await release();
  await arena.worker({ concurrency: 20 }, quick);
  await arena.allEnded();
  arena.verify();
  const lost = arena.records.executions.filter(({ status }) => status === 'lost');
  assert.equal(lost.length, 4, 'what it could not give back was taken from it');
}

/** Workers are replaced one after the other while jobs come in. */
export async function rollingRestart(arena: Arena): Promise<void> {
  const options = { concurrency: 2, shutdownTimeout: '300ms' } as const;
  const workers = await arena.workers(5, options);
  const clients = (['single', 'workflow'] as const).map((shape) =>
    arena.client({ name: shape, shape, calls: 30 * arena.run.size, ms: 900 }),
  );
  for (let restart = 1; restart <= 10 * arena.run.size; restart += 1) {
    arena.run.progress(`restart ${restart}`);
    const [old] = workers.splice(0, 1);
    workers.push(await arena.worker(options));
    await arena.ask(old ?? assert.fail());
    assert.equal((await old?.exit())?.code, 0, old?.stderr);
  }
  await Promise.all(clients.map((client) => client.said('done')));
  await arena.allEnded();
  arena.verify();
  assertNothingWasSpent(arena);
}

function assertNothingWasSpent(arena: Arena): void {
  const { jobs, executions } = arena.records;
  const spoiled = jobs.filter(({ status, attempts }) => status !== 'completed' || attempts !== 1);
  assert.deepEqual(spoiled, [], 'every job completed at its first attempt');
  const endings = byJob(executions.map(({ status }) => ({ job: status })));
  assert.deepEqual([...endings.keys()].toSorted(), ['completed', 'released']);
}
