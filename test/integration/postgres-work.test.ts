// What gigq does for its users, on PostgreSQL: a slice of what is tested on SQLite, by the same words.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { FatalError, Job, JobQueue, task, Workflow } from 'gigq';
import { migrate } from 'gigq/admin';
import { createProject } from '../fixtures/cli/project.ts';
import { password } from '../helpers/postgres-cluster.ts';
import { Script } from '../helpers/script.ts';
import { gone, ServiceScene, taskModule } from '../helpers/service.ts';
import { freshSchema, query } from '../helpers/store-postgres.ts';
import { found, next, place, type Place } from '../helpers/worker-place.ts';
import { WorkerProcess } from '../helpers/worker-process.ts';

const isolatedModule = join(import.meta.dirname, '../fixtures/worker/isolated.ts');
const anHour = { pollingInterval: '1h' } as const;

async function placeOnServer(t: TestContext): Promise<Place> {
  return place(t, (await freshSchema()).address);
}

const double = task('double', async ({ value }: { value: number }) => 2 * value);
const sum = task('sum', async ({ values }: { values: number[] }) =>
  values.reduce((total, value) => total + value, 0),
);
const flaky = task('flaky', { maxAttempts: 3 }, async (_: {}, { job }) => {
  if (job.attempt < 3) throw new Error('not yet');
  return job.attempt;
});
const hopeless = task('hopeless', async () => {
  throw new FatalError('never');
});
const obedient = task('obedient', async (_: {}, { signal }) => {
  await once(signal, 'abort');
  signal.throwIfAborted();
});

describe('jobs on PostgreSQL', () => {
  test('are submitted, run, and waited for', async (t) => {
    const here = await placeOnServer(t);
    const handles = await double.submitMany(
      here.queue,
      [1, 2, 3].map((value) => ({ value })),
    );
    assert.equal(await here.worker({ concurrency: 2 }).drain(), 3);
    assert.deepEqual(await Promise.all(handles.map((handle) => handle.result())), [2, 4, 6]);
    const { completed, total } = await here.queue.stats();
    assert.deepEqual([completed, total], [3, 3]);
  });

  test('are tried again, given up, and say why', async (t) => {
    const here = await placeOnServer(t);
    const [again, never] = [await flaky.submit(here.queue), await hopeless.submit(here.queue)];
    await here.worker().drain();
    assert.equal(await again.result(), 3);
    await assert.rejects(never.result(), { code: 'job_failed', message: /never/u });
    assert.equal((await here.queue.getStatus(again.id))?.executionCount, 3);
    await here.queue.requeueJob(never.id);
    const { reasons } = await here.queue.why(never.id);
    assert.deepEqual(
      reasons.map(({ code }) => code),
      ['ready'],
    );
  });

  test('are ended by their time-out, and by a cancel while they run', async (t) => {
    const here = await placeOnServer(t);
    const worker = await here.started();
    const timedOut = next(worker, 'timeout');
    const late = await obedient.submit(here.queue, {}, { timeout: '50ms', maxAttempts: 1 });
    await timedOut;
    assert.equal(await late.status(), 'timeout');
    const [started, ended] = [next(worker, 'started'), next(worker, 'cancelled')];
    const cancelled = await obedient.submit(here.queue);
    await started;
    assert.equal(await cancelled.cancel(), true);
    await assert.rejects(cancelled.result(), { code: 'job_cancelled' });
    await ended;
  });

  test('wait for each other, and are given results', async (t) => {
    const here = await placeOnServer(t);
    const workflow = new Workflow('sums');
    const doubles = [1, 2, 3].map((value) => workflow.addTask(double, { value }));
    const total = workflow.addTask(sum, { values: doubles.map(({ result }) => result) });
    const handle = await workflow.submitAll(here.queue);
    await here.worker({ concurrency: 3 }).drain();
    assert.equal(await handle.result(total), 12);
    assert.equal((await handle.status()).status, 'completed');
  });

  test('are cleared and listed like those of a file', async (t) => {
    const { queue, ...here } = await placeOnServer(t);
    await double.submitMany(queue, [{ value: 1 }, { value: 2 }]);
    await here.worker().drain();
    const last = await double.submit(queue, { value: 3 }, { queue: 'other' });
    assert.equal((await queue.listJobs({ status: 'completed' })).length, 2);
    assert.equal(await queue.clearCompleted(), 2);
    const jobs = await queue.listJobs();
    assert.deepEqual(
      jobs.map(({ id, queue: name }) => [id, name]),
      [[last.id, 'other']],
    );
  });

  test('are not found by what no text on the server can hold', async (t) => {
    const { queue } = await placeOnServer(t);
    await double.submit(queue, { value: 1 });
    const none = 'a\0b';
    assert.equal(await queue.getStatus(none), undefined);
    assert.deepEqual([await queue.cancel(none), await queue.requeueJob(none)], [false, false]);
    for (const filter of [{ task: none }, { workflowId: none }, { workerId: none }])
      assert.deepEqual(await queue.listJobs(filter), []);
    for (const call of [() => queue.why(none), () => queue.get(none).result()])
      await assert.rejects(call(), { code: 'job_not_found' });
    assert.equal(await queue.getWorkflow(none).cancel(), 0);
    await assert.rejects(queue.listJobs({ before: none }), { code: 'job_not_found' });
  });

  test('in two schemas of one database do not meet', async () => {
    const { address } = await freshSchema();
    const { schema } = await freshSchema();
    const one = new JobQueue(address);
    await using other = new JobQueue(address, { schema });
    await one.submit(new Job({ task: 'a' }));
    assert.equal((await other.stats()).total, 0);
    assert.equal((await one.stats()).total, 1);
    await one.close();
    assert.equal((await query('SELECT FROM pg_namespace WHERE nspname = $1', [schema])).length, 1);
  });
});

describe('workers on PostgreSQL', () => {
  test('start a job within milliseconds of its submit in another process', async (t) => {
    const here = await placeOnServer(t);
    await WorkerProcess.start(t, here.database, anHour);
    let best = Infinity;
    for (let round = 0; round < 10; round++) {
      const submittedAtMs = Date.now();
      const handle = await here.queue.submit(new Job({ task: 'instant' }));
      best = Math.min(best, Number(await handle.result()) - submittedAtMs);
    }
    assert.ok(best < 60, `it took ${best} ms`);
  });

  test('start one when it is due, not at the next poll', async (t) => {
    const here = await placeOnServer(t);
    await here.started(anHour);
    const handle = await double.submit(here.queue, { value: 1 }, { delay: '300ms' });
    await handle.result();
    const { createdAt, startedAt } = (await here.queue.getStatus(handle.id)) ?? assert.fail();
    const lateMs = Number(startedAt) - Number(createdAt) - 300;
    assert.ok(lateMs >= 0 && lateMs < 1000, `it was ${lateMs} ms late`);
  });

  test('of two processes share the jobs, each of which runs once', async (t) => {
    const scene = new ServiceScene(t, (await freshSchema()).address);
    await scene.supervise({ processes: 2, concurrency: 2 });
    await scene.here.queue.submitMany(
      Array.from({ length: 100 }, () => new Job({ task: 'instant' })),
    );
    await found(async () => (await scene.here.queue.stats()).completed === 100, 'a hundred jobs');
    const jobs = await scene.here.queue.listJobs({ limit: 100 });
    const runs = await Promise.all(jobs.map(({ id }) => scene.here.queue.getStatus(id)));
    assert.ok(runs.every((info) => info?.executionCount === 1));
  });

  test('of a service are replaced when they are killed, and their jobs run again', async (t) => {
    const scene = new ServiceScene(t, (await freshSchema()).address);
    await scene.supervise({ processes: 2 });
    const { id, pid } = await scene.run('parent');
    process.kill(pid, 'SIGKILL');
    await gone(pid);
    const again = await found(
      () => scene.effects.lines.filter((line) => line.startsWith(`began ${id} `))[1],
      'the second run',
    );
    assert.notEqual(Number(again.split(' ')[2]), pid);
    await scene.here.queue.cancel(id);
  });

  test('that are killed leave their jobs to others, without a service', async (t) => {
    const scene = new ServiceScene(t, (await freshSchema()).address);
    const victim = await WorkerProcess.start(t, scene.here.database);
    const { id } = await scene.run('obey');
    victim.signal('SIGKILL');
    await gone(victim.pid);
    await scene.here.started({ tasks: [taskModule] });
    await found(async () => {
      const info = await scene.here.queue.getStatus(id);
      return info?.executions.map(({ status }) => status).join() === 'lost,running';
    }, 'the second run');
    await scene.here.queue.cancel(id);
  });

  test('run handlers in processes of their own, and tell nobody the password', async (t) => {
    const here = await placeOnServer(t);
    await here.started({ tasks: [isolatedModule] });
    const handle = await here.queue.submit(new Job({ task: 'process.where' }));
    const { pid } = (await handle.result({ timeout: '20s' })) as { readonly pid: number };
    assert.notEqual(pid, process.pid);
    const commands = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
    assert.match(commands, /runner/u, 'it still runs');
    // Other tests, which run meanwhile, may well name their addresses.
    const schema = new URL(here.database).searchParams.get('schema') ?? assert.fail();
    const telling = commands.split('\n').filter((command) => command.includes(schema));
    assert.doesNotMatch(telling.join('\n'), new RegExp(password, 'u'));
  });
});

describe('the command line on PostgreSQL', () => {
  test('submits, works, lists and tells, and never shows the password', async (t) => {
    const project = createProject(t);
    const env = { GIGQ_DB: (await freshSchema()).address };
    const said: string[] = [];
    const run = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await project.run(args, { env });
      assert.equal(code, 0, stderr);
      said.push(stdout, stderr);
      return stdout;
    };
    assert.match(await run('migrate', '--dry-run'), /Would migrate postgres:.* to 1/su);
    assert.match(await run('migrate'), /Migrated/u);
    const id = /submitted: (?<id>\S+)/u.exec(
      await run('submit', 'tasks.ts#greet', '-p', 'name=Ada'),
    );
    await run('worker', '--tasks', 'tasks.ts', '--drain');
    assert.match(await run('list'), /greet\s+completed/u);
    assert.match(await run('status', id?.groups?.['id'] ?? '', '--show-result'), /Hello, Ada!/u);
    assert.match(await run('stats', '--json'), /"completed":1/u);
    await run('workers');
    assert.doesNotMatch(said.join(''), new RegExp(password, 'u'));
  });

  test('tells of a schema that is not there, and makes none by looking', async (t) => {
    const { address, schema } = await freshSchema();
    const { code, stderr } = await createProject(t).run(['list', '--db', address]);
    assert.equal(code, 1);
    assert.match(stderr, /\[database_missing\]/u);
    assert.doesNotMatch(stderr, new RegExp(password, 'u'));
    assert.deepEqual(await query('SELECT FROM pg_namespace WHERE nspname = $1', [schema]), []);
  });

  test('asks for the driver only when such a database is named', async (t) => {
    const hooks = { NODE_OPTIONS: `--import=${import.meta.resolve('../fixtures/without-pg.ts')}` };
    const command = (...args: string[]): ReturnType<Script['end']> =>
      Script.start(t, 'dist/cli/main.js', { args, env: hooks }).end();
    const server = await command('stats', '--db', 'postgres://me:secret@localhost/jobs');
    assert.equal(server.code, 1);
    assert.match(server.stderr, /needs the package pg.*\[driver_missing\].*`npm install pg`/su);
    assert.doesNotMatch(server.stderr, /secret/u);
    const file = await command('stats', '--db', 'nowhere.db');
    assert.match(file.stderr, /\[database_missing\]/u);
  });
});

describe('migrate on PostgreSQL', () => {
  test('makes the schema, and does nothing the second time', async () => {
    const { address, schema } = await freshSchema();
    assert.deepEqual((await migrate(address, { dryRun: true })).applied, ['001-initial']);
    assert.deepEqual(await query('SELECT FROM pg_namespace WHERE nspname = $1', [schema]), []);
    assert.deepEqual(await migrate(address), { from: 0, to: 1, applied: ['001-initial'] });
    assert.deepEqual(await migrate(address), { from: 1, to: 1, applied: [] });
  });

  test('refuses a schema that holds a table of somebody else by a name of ours, and leaves it', async () => {
    const { address, schema } = await freshSchema();
    await query(`CREATE SCHEMA ${schema} CREATE TABLE jobs (title text)`);
    await assert.rejects(migrate(address), {
      code: 'database_invalid',
      message: /relation "jobs" already exists/u,
      hint: /a schema of its own/u,
    });
    const tables = await query('SELECT tablename FROM pg_tables WHERE schemaname = $1', [schema]);
    assert.deepEqual(tables, [{ tablename: 'jobs' }]);
  });
});
