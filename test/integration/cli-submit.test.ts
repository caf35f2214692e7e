import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { JobDetails } from 'gigq';
import { createProject, type Project } from '../fixtures/cli/project.ts';

/** Submits, and returns the job as it was stored. */
async function submitted(project: Project, args: readonly string[]): Promise<JobDetails> {
  const { id } = await project.json<{ id: string }>(['submit', ...args]);
  return project.json(['status', id]);
}

describe('submit', () => {
  test('prints the id of the job, and says on stderr that no worker knows the task', async (t) => {
    const project = createProject(t);
    const { code, stdout, stderr } = await project.run(['submit', 'greet']);
    assert.equal(code, 0);
    assert.match(stdout, /^Job submitted: [\da-f-]{36}\n$/u);
    assert.match(stderr, /^No running worker knows the task 'greet'\. Start one: gigq worker/u);
  });

  test('takes everything that a job can be given', async (t) => {
    const job = await submitted(createProject(t), [
      'greet',
      ...[
        '--name',
        'Good morning',
        '--description',
        'every day',
        '--queue',
        'mail',
        '--priority',
        '-5',
      ],
      ...['--max-attempts', '7', '--timeout', '1m30s', '--retry-delay', '5m', '--delay', '2h'],
      ...['-p', 'name=Ada'],
    ]);
    assert.partialDeepStrictEqual(job, {
      task: 'greet',
      name: 'Good morning',
      description: 'every day',
      queue: 'mail',
      priority: -5,
      maxAttempts: 7,
      timeout: '1m30s',
      status: 'scheduled',
      params: { name: 'Ada' },
    });
    assert.equal(Date.parse(String(job.runAt)) - Date.parse(String(job.createdAt)), 7_200_000);
  });

  test('--json prints the id, the name and the task', async (t) => {
    const job = await createProject(t).json(['submit', 'greet', '--name', 'hi']);
    assert.partialDeepStrictEqual(job, { name: 'hi', task: 'greet' });
  });

  test('a duration without a unit is seconds, as in Python GigQ', async (t) => {
    const { timeout } = await submitted(createProject(t), ['greet', '--timeout', '90']);
    assert.equal(timeout, '90s');
  });

  test('--timeout false is no limit; [B] 0 does not become 300 seconds: it is refused', async (t) => {
    const project = createProject(t);
    const { timeout } = await submitted(project, ['greet', '--timeout', 'false']);
    assert.equal(timeout, false);
    const { code, stderr } = await project.run(['submit', 'greet', '--timeout', '0']);
    assert.equal(code, 2);
    assert.match(stderr, /leaves no time to run. For no limit write --timeout false/u);
  });
});

describe('the params of submit', () => {
  test('-p is JSON, else text; the last of a key wins', async (t) => {
    const { params } = await submitted(createProject(t), [
      'echo',
      ...['-p', 'n=3', '-p', 'yes=true', '-p', 'list=[1,2]', '-p', 'text=007', '-p', 'quoted="7"'],
      ...['-p', 'empty=', '-p', 'formula=a=b', '-p', 'twice=1', '-p', 'twice=2'],
    ]);
    assert.deepEqual(params, {
      n: 3,
      yes: true,
      list: [1, 2],
      text: '007',
      quoted: '7',
      empty: '',
      formula: 'a=b',
      twice: 2,
    });
  });

  test('--params is the whole, and -p wins over it', async (t) => {
    const { params } = await submitted(createProject(t), [
      'echo',
      '--params',
      '{"a": 1, "b": {"c": 2}}',
      '-p',
      'a=9',
    ]);
    assert.deepEqual(params, { a: 9, b: { c: 2 } });
  });

  const wrong: readonly (readonly [what: string, args: readonly string[], message: RegExp])[] = [
    ["[B] a param without '='", ['-p', 'name'], /^gigq: -p name has no '='/u],
    ['a param without a key', ['-p', '=Ada'], /has no key/u],
    ['params that are not JSON', ['--params', '{name: 1}'], /--params is not JSON/u],
    [
      '-p beside params that are no object',
      ['--params', '[1]', '-p', 'a=1'],
      /--params is no object/u,
    ],
    [
      'a number that would lose digits',
      ['-p', 'id=12345678901234567890'],
      /12345678901234567890 would lose digits/u,
    ],
    ['a key that changes a prototype', ['-p', '__proto__=1'], /params\.__proto__/u],
    ['a duration that is none', ['--delay', 'tomorrow'], /--delay: 'tomorrow' is not a duration/u],
    ['a waiting time that is none', ['--wait-timeout', 'soon'], /--wait-timeout: 'soon'/u],
    ['a priority that is no number', ['--priority', 'high'], /--priority <n>.*whole number/u],
    ['no attempts', ['--max-attempts', '0'], /--max-attempts <n>.*whole number from 1/u],
    ['a parent without an id', ['--depends-on', ''], /--depends-on <id>.*empty/u],
    [
      'a way to act that there is not',
      ['--on-parent-failure', 'retry'],
      /--on-parent-failure <action>.*choices are cancel, wait, run/u,
    ],
  ];
  for (const [what, args, message] of wrong) {
    test(`${what}: refused on one line, nothing is stored`, async (t) => {
      const project = createProject(t);
      const { code, stdout, stderr } = await project.run(['submit', 'echo', ...args]);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, message);
      assert.match(stderr, /^gigq: [^\n]+\n$/u);
      assert.equal(project.has('gigq.db'), false);
    });
  }
});

describe('submit <module>#<export>', () => {
  test("[D] the task's own options hold, and flags win over them", async (t) => {
    const project = createProject(t);
    const own = await submitted(project, ['tasks.ts#patient']);
    const expected = {
      task: 'patient',
      queue: 'slow',
      priority: 7,
      maxAttempts: 9,
      timeout: '45s',
    };
    assert.partialDeepStrictEqual(own, expected);
    const other = await submitted(project, [
      './tasks.ts#patient',
      '--priority',
      '0',
      '--timeout',
      '1m',
    ]);
    assert.partialDeepStrictEqual(other, { ...expected, priority: 0, timeout: '1m' });
  });

  test('the schema of the task checks the params', async (t) => {
    const project = createProject(t);
    const { code, stderr } = await project.run(['submit', 'tasks.ts#aged', '-p', 'age=old']);
    assert.equal(code, 2);
    assert.match(stderr, /age: expected a number.* \[params_invalid\]/u);
    assert.equal(project.has('gigq.db'), false);
  });

  test('a module outside the working directory is refused, behind a link as well', async (t) => {
    const project = createProject(t);
    mkdirSync(project.path('below'));
    symlinkSync(project.path('tasks.ts'), project.path('below/link.ts'));
    for (const module of ['../tasks.ts', 'link.ts']) {
      const { code, stderr } = await project.run(['submit', `${module}#greet`], {
        cwd: project.path('below'),
      });
      assert.equal(code, 2);
      assert.match(stderr, /is outside the working directory/u);
    }
  });

  const wrong: readonly (readonly [what: string, target: string, code: number, message: RegExp])[] =
    [
      ['a module that is missing', 'nothing.ts#greet', 1, /There is no module nothing\.ts/u],
      [
        'an export that is missing',
        'tasks.ts#gret',
        1,
        /exports no task 'gret'\. \[task_unknown\] There are: .*greet/u,
      ],
      ['an export that is no task', 'tasks.ts#notATask', 1, /exports no task 'notATask'/u],
      ['no export', 'tasks.ts#', 2, /names no task of a module/u],
      ['a name that no task can have', 'good morning', 2, /\[invalid_option\]/u],
    ];
  for (const [what, target, expected, message] of wrong) {
    test(`${what}: said on one line`, async (t) => {
      const project = createProject(t);
      const { code, stderr } = await project.run(['submit', target]);
      assert.equal(code, expected);
      assert.match(stderr, message);
      assert.match(stderr, /^gigq: [^\n]+\n$/u);
      assert.equal(project.has('gigq.db'), false);
    });
  }

  test('a module that throws is named with its error', async (t) => {
    const project = createProject(t);
    writeFileSync(project.path('bad.ts'), "throw new RangeError('no such planet');");
    const { code, stderr } = await project.run(['submit', 'bad.ts#greet']);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^gigq: bad\.ts could not be loaded: RangeError: no such planet\. \[module_failed\]/u,
    );
  });

  test('an error that a module throws later is said on one line, too', async (t) => {
    const project = createProject(t);
    const text = "void Promise.reject(new RangeError('a stray')); await new Promise(() => {});";
    writeFileSync(project.path('stray.ts'), text);
    const { code, stderr } = await project.run(['submit', 'stray.ts#greet']);
    assert.equal(code, 1);
    assert.match(stderr, /^gigq: a stray\. \[unexpected\] [^\n]+\n$/u);
  });

  test('a module that keeps the process busy does not keep the command', async (t) => {
    const project = createProject(t);
    const text =
      "export * from './tasks.ts'; new (await import('node:worker_threads')).MessageChannel().port1.on('message', () => {});";
    writeFileSync(project.path('busy.ts'), text);
    const { code } = await project.run(['submit', 'busy.ts#greet']);
    assert.equal(code, 0);
  });
});

describe('submit --depends-on', () => {
  async function failedJob(project: Project): Promise<string> {
    const { id } = await project.json<{ id: string }>(['submit', 'tasks.ts#broken']);
    await project.drain();
    return id;
  }

  test('waits for every job that is named', async (t) => {
    const project = createProject(t);
    const parents = [await submitted(project, ['greet']), await submitted(project, ['echo'])];
    const ids = parents.map(({ id }) => id);
    const job = await submitted(project, ['greet', ...ids.flatMap((id) => ['--depends-on', id])]);
    assert.partialDeepStrictEqual(job, { status: 'blocked', dependencies: ids });
    await project.drain();
    assert.partialDeepStrictEqual(await project.json(['status', job.id]), { status: 'completed' });
  });

  test('a parent that is missing: said on one line, nothing is stored', async (t) => {
    const project = createProject(t);
    const { id } = await submitted(project, ['greet']);
    const args = ['submit', 'greet', '--depends-on', id, '--depends-on', 'nobody'];
    const { code, stdout, stderr } = await project.run(args);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /^gigq: [^\n]+ there is no job nobody [^\n]+ \[parent_missing\] [^\n]+\n$/u,
    );
    assert.partialDeepStrictEqual(await project.json(['stats']), { total: 1 });
  });

  test('a parent that has ended badly cancels it at once, which is said', async (t) => {
    const project = createProject(t);
    const parent = await failedJob(project);
    const { code, stdout, stderr } = await project.run(['submit', 'greet', '--depends-on', parent]);
    assert.equal(code, 0);
    assert.match(stdout, /^Job submitted: /u);
    assert.equal(stderr, `The job is cancelled: Its parent ${parent} ended as failed.\n`);
  });

  test('--on-parent-failure says what it does then; without it, the task does', async (t) => {
    const project = createProject(t);
    const parent = await failedJob(project);
    const statusOf = async (...args: string[]): Promise<string> =>
      (await submitted(project, [...args, '--depends-on', parent])).status;
    const action = '--on-parent-failure';
    assert.equal(await statusOf('tasks.ts#greet', action, 'run'), 'pending');
    assert.equal(await statusOf('tasks.ts#greet', action, 'wait'), 'blocked');
    assert.equal(await statusOf('tasks.ts#greet', action, 'cancel'), 'cancelled');
    assert.equal(await statusOf('tasks.ts#stubborn'), 'blocked');
    assert.equal(await statusOf('tasks.ts#stubborn', action, 'cancel'), 'cancelled');
  });

  test('--wait ends with 1 if a parent took the job down', async (t) => {
    const project = createProject(t);
    const parent = await failedJob(project);
    const args = ['submit', 'greet', '--depends-on', parent, '--wait'];
    const { code, stdout, stderr } = await project.run(args);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /was cancelled: Its parent .+ ended as failed\. \[job_cancelled\]/u);
  });
});

describe('submit <task> with --tasks', () => {
  test("uses the named task's options, from modules and globs", async (t) => {
    const project = createProject(t);
    assert.equal((await submitted(project, ['patient', '--tasks', 'tasks.ts'])).maxAttempts, 9);
    assert.equal((await submitted(project, ['patient', '--tasks', 't*.ts'])).maxAttempts, 9);
  });

  test('uses those of the environment and of the configuration file', async (t) => {
    const project = createProject(t);
    writeFileSync(project.path('gigq.config.js'), "export default { tasks: ['./tasks.ts'] };");
    assert.equal((await submitted(project, ['patient'])).maxAttempts, 9);
    const env = { GIGQ_TASKS: 'missing.ts' };
    const { code, stderr } = await project.run(['submit', 'patient'], { env });
    assert.equal(code, 1);
    assert.match(stderr, /There is no module missing\.ts/u);
  });

  test('a name that they do not have is refused, with those they have', async (t) => {
    const { code, stderr } = await createProject(t).run(['submit', 'gret', '--tasks', 'tasks.ts']);
    assert.equal(code, 1);
    assert.match(stderr, /No module of --tasks has a task 'gret'\. \[task_unknown\].*greet/u);
  });
});

describe('submit --wait', () => {
  test('prints nothing but the result on stdout, and ends with 0', async (t) => {
    const project = createProject(t);
    const waiting = project.start([
      'submit',
      'greet',
      '-p',
      'name=Ada',
      '--wait',
      '--wait-timeout',
      '20',
    ]);
    await waiting.says('Job submitted: ');
    await project.drain();
    const { code, stdout } = await waiting.outcome;
    assert.equal(code, 0);
    assert.equal(stdout, '"Hello, Ada!"\n');
  });

  test('--json prints the whole record', async (t) => {
    const project = createProject(t);
    const waiting = project.start(['submit', 'echo', '-p', 'value=false', '--wait', '--json']);
    await waiting.says('Job submitted: ');
    await project.drain();
    const { stdout } = await waiting.outcome;
    assert.partialDeepStrictEqual(JSON.parse(stdout), {
      status: 'completed',
      result: false,
      attempts: 1,
    });
  });

  test('ends with 1 and the error on stderr if the job failed', async (t) => {
    const project = createProject(t);
    const waiting = project.start(['submit', 'tasks.ts#broken', '--wait']);
    await waiting.says('Job submitted: ');
    await project.drain();
    const { code, stdout, stderr } = await waiting.outcome;
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /gigq: Job .* failed: .*the wheel came off.* \[job_failed\]/u);
  });

  test('ends with 124 when waiting timed out; the job stays', async (t) => {
    const project = createProject(t);
    const { code, stderr } = await project.run(['submit', 'greet', '--wait-timeout', '50ms']);
    assert.equal(code, 124);
    assert.match(stderr, /\[wait_timeout\]/u);
    const { pending } = await project.json<{ pending: number }>(['stats']);
    assert.equal(pending, 1);
  });
});
