import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { WorkerInfo } from 'gigq';
import { createProject, type Project, type Running } from '../fixtures/cli/project.ts';
import {
  assertSecondEnds,
  stopSignals,
  submit,
  withTasks,
  working,
} from '../helpers/cli-worker.ts';

type Stats = Record<string, number>;

function stats(project: Project): Promise<Stats> {
  return project.json(['stats']);
}

describe('worker --once and --drain', () => {
  test('--once runs one job and ends with 0, also if none was ready', async (t) => {
    const project = createProject(t);
    await submit(project, 'greet', 2);
    const first = await project.run([...withTasks, '--once']);
    assert.equal(first.code, 0, first.stderr);
    assert.equal(first.stdout, '');
    assert.partialDeepStrictEqual(await stats(project), { completed: 1, pending: 1 });
    assert.deepEqual(await project.json([...withTasks, '--once']), { ran: 1 });
    const last = await project.run([...withTasks, '--once']);
    assert.equal(last.code, 0);
    assert.match(last.stderr, /No job was ready\./u);
  });

  test('--once ends with 0 if the job failed', async (t) => {
    const project = createProject(t);
    await submit(project, 'broken', 1, { maxAttempts: 1 });
    const { code } = await project.run([...withTasks, '--once']);
    assert.equal(code, 0);
    assert.partialDeepStrictEqual(await stats(project), { failed: 1 });
  });

  test('--drain runs everything that is ready', async (t) => {
    const project = createProject(t);
    await submit(project, 'greet', 25);
    assert.deepEqual(await project.json([...withTasks, '--drain', '--concurrency', '4']), {
      ran: 25,
    });
    assert.partialDeepStrictEqual(await stats(project), { completed: 25 });
  });

  test('--queues may be repeated: jobs of other queues stay', async (t) => {
    const project = createProject(t);
    for (const queue of ['a', 'b', 'c']) await submit(project, 'greet', 1, { queue });
    await project.run([...withTasks, '--drain', '--queues', 'a', '--queues', 'c']);
    assert.partialDeepStrictEqual(await stats(project), { completed: 2, pending: 1 });
  });

  test('a worker creates the database that is missing', async (t) => {
    const project = createProject(t);
    const { code } = await project.run([...withTasks, '--once']);
    assert.equal(code, 0);
    assert.equal(project.has('gigq.db'), true);
  });
});

describe('the tasks of a worker', () => {
  test('come from globs, from the environment and from the configuration file', async (t) => {
    const project = createProject(t);
    await submit(project, 'greet', 3);
    assert.deepEqual(await project.json(['worker', '--once', '--tasks', '*.ts']), { ran: 1 });
    const env = { GIGQ_TASKS: 'tasks.ts', GIGQ_CONCURRENCY: '2', GIGQ_POLLING_INTERVAL: '1s' };
    assert.deepEqual(await project.json(['worker', '--once'], { env }), { ran: 1 });
    writeFileSync(
      project.path('gigq.config.js'),
      "export default { tasks: 'tasks.ts', concurrency: 2 };",
    );
    assert.deepEqual(await project.json(['worker', '--once']), { ran: 1 });
  });

  test('none at all is wrong usage, with what to do', async (t) => {
    const project = createProject(t);
    const { code, stderr } = await project.run(['worker']);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^gigq: there are no tasks to run\. Name their modules: gigq worker --tasks <module>[^\n]+\n$/u,
    );
    assert.equal(project.has('gigq.db'), false);
  });

  test('a module that is missing or throws ends it with the reason', async (t) => {
    const project = createProject(t);
    writeFileSync(project.path('bad.ts'), "throw new RangeError('no such planet');");
    const missing = await project.run(['worker', '--tasks', 'nothing.ts']);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /^gigq: There is no module nothing\.ts\. \[module_missing\] /u);
    const bad = await project.run(['worker', '--tasks', 'bad.ts']);
    assert.ok((bad.code ?? 0) > 0);
    assert.match(bad.stderr, /bad\.ts.*no such planet/u);
  });

  const wrong: readonly (readonly [what: string, args: readonly string[], message: RegExp])[] = [
    [
      'both --once and --drain',
      ['--once', '--drain'],
      /'--once' cannot be used with option '--drain'/u,
    ],
    ['no processes', ['--processes', '0'], /whole number from 1/u],
    [
      'too many processes',
      ['--processes', '1001'],
      /processes: expected an integer from 1 to 1000/u,
    ],
    [
      '--processes of which each runs one job',
      ['--processes', '2', '--once'],
      /'--processes <n>' cannot be used with option '--once'/u,
    ],
    [
      '--processes that end when nothing is ready',
      ['--processes', '2', '--drain'],
      /'--processes <n>' cannot be used with option '--drain'/u,
    ],
    ['no slots', ['--concurrency', '0'], /whole number from 1/u],
    [
      'an interval that is none',
      ['--polling-interval', 'often'],
      /--polling-interval: 'often' is not a duration/u,
    ],
    ['a log format that is none', ['--log-format', 'xml'], /Allowed choices are pretty, json/u],
    [
      'an unknown option, such as that of a later version',
      ['--isolation', 'thread'],
      /unknown option '--isolation'/u,
    ],
  ];
  for (const [what, args, message] of wrong) {
    test(`${what}: wrong usage`, async (t) => {
      const { code, stderr } = await createProject(t).run([...withTasks, ...args]);
      assert.equal(code, 2);
      assert.match(stderr, message);
    });
  }

  test('a variable with a wrong value is named', async (t) => {
    const { code, stderr } = await createProject(t).run(withTasks, {
      env: { GIGQ_CONCURRENCY: 'many' },
    });
    assert.equal(code, 2);
    assert.match(stderr, /'many' from env 'GIGQ_CONCURRENCY' is invalid/u);
  });
});

describe('a worker that runs', () => {
  test('logs on stderr, JSON lines where it is no terminal, and nothing on stdout', async (t) => {
    const project = createProject(t);
    await submit(project, 'greet');
    const { stdout, stderr } = await project.run([...withTasks, '--drain']);
    assert.equal(stdout, '');
    const logged = stderr.split('\n').filter((line) => line.startsWith('{'));
    assert.ok(logged.length > 0, stderr);
    for (const line of logged)
      assert.equal(typeof (JSON.parse(line) as { level: unknown }).level, 'string');
    await submit(project, 'greet');
    const pretty = await project.run([...withTasks, '--drain', '--log-format', 'pretty']);
    assert.doesNotMatch(pretty.stderr, /^\{/mu);
    assert.match(pretty.stderr, /greet/u);
  });

  const asW1 = ['--worker-id', 'w1', '--concurrency', '3', '--shutdown-timeout', '0'];

  async function stop(worker: Running): Promise<number | null> {
    worker.child.kill('SIGTERM');
    return (await worker.outcome).code;
  }

  test('is shown by workers, with what it runs and for how long', async (t) => {
    const project = createProject(t);
    const worker = await working(project, 'endless', ...asW1, '--queues', 'default');
    const { stdout } = await project.run(['workers']);
    const [head = '', row = '', , jobHead = '', job = ''] = stdout.split('\n');
    const titles = ['ID', 'Host', 'PID', 'Queues', 'Running', 'Heartbeat', 'State'];
    assert.deepEqual(head.split(/ {2,}/u), titles);
    assert.match(row, new RegExp(`^w1 .* ${worker.child.pid} +default +1/3 +\\d+s +active$`, 'u'));
    assert.deepEqual(jobHead.split(/ {2,}/u), ['Worker', 'Job', 'Name', 'Task', 'For']);
    assert.match(job, /^w1-\d {2,}\S{36} {2,}endless {2,}endless {2,}\d+s$/u);
    const info = await project.json<WorkerInfo>(['workers']);
    assert.partialDeepStrictEqual(info, { id: 'w1', concurrency: 3, running: 1, state: 'active' });
    assert.partialDeepStrictEqual(info, { silent: false, jobs: [{ task: 'endless' }] });
    assert.equal(await stop(worker), 0);
  });

  test('its jobs are shown by list --worker, its slot by status', async (t) => {
    const project = createProject(t);
    const worker = await working(project, 'endless', ...asW1);
    const listing = ['list', '--status', 'running', '--worker', 'w1'];
    const { id, workerId } = await project.json<{ id: string; workerId: string }>(listing);
    assert.match(workerId, /^w1-[012]$/u);
    const { stdout } = await project.run(['status', id]);
    assert.match(stdout, new RegExp(`^Worker: ${workerId}$`, 'mu'));
    assert.equal(await stop(worker), 0);
    assert.partialDeepStrictEqual(await stats(project), { running: 0, pending: 1 });
  });

  test('submit has nothing to say then, unless no worker serves the queue', async (t) => {
    const project = createProject(t);
    const worker = await working(project, 'endless', ...asW1, '--queues', 'default');
    assert.equal((await project.run(['submit', 'greet', '--delay', '1h'])).stderr, '');
    const { stderr } = await project.run(['submit', 'greet', '--queue', 'other']);
    assert.match(stderr, /No running worker that knows 'greet' serves the queue 'other'/u);
    assert.equal(await stop(worker), 0);
  });

  for (const [signal, code] of stopSignals) {
    test(`a second ${signal} ends it at once, by that signal (a shell says ${code})`, async (t) => {
      const worker = await working(createProject(t), 'deaf');
      await assertSecondEnds(worker, signal, 'The worker stops');
    });
  }

  test('a signal ends --drain when the running job has ended', async (t) => {
    const project = createProject(t);
    await submit(project, 'greet', 1, { priority: -1 });
    const worker = await working(project, 'endless', '--drain', '--shutdown-timeout', '0');
    worker.child.kill('SIGINT');
    const { code } = await worker.outcome;
    assert.equal(code, 0);
    assert.partialDeepStrictEqual(await stats(project), { running: 0, completed: 0 });
  });

  test('workers says so when there are none', async (t) => {
    const project = createProject(t);
    await project.run(['migrate']);
    const { code, stdout } = await project.run(['workers']);
    assert.equal(code, 0);
    assert.equal(stdout, 'No workers found.\n');
  });
});
