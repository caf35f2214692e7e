import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Job, Workflow } from 'gigq';
import { createProject, type Outcome } from '../fixtures/cli/project.ts';

const manifest = new URL('../../package.json', import.meta.url);

/** One line on stderr that says it, nothing on stdout, exit code 2. */
function assertUsage({ code, stdout, stderr }: Outcome, message: RegExp): void {
  assert.equal(code, 2, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, message);
  assert.match(stderr, /^gigq: [^\n]+\n$/u);
}

describe('help', () => {
  test('--help shows every command, the environment, exit codes and examples', async (t) => {
    const { code, stdout, stderr } = await createProject(t).run(['--help']);
    assert.equal(code, 0);
    assert.equal(stderr, '');
    for (const name of [
      'submit',
      'status',
      'list',
      'cancel',
      'requeue',
      'why',
      'workflow',
      'clear',
      'stats',
      'workers',
      'worker',
      'migrate',
    ]) {
      assert.match(stdout, new RegExp(`^  ${name} `, 'mu'));
    }
    for (const heading of [
      'Jobs:',
      'Workflows:',
      'Workers:',
      'Environment:',
      'Exit codes:',
      'Examples:',
      'gigq.config.ts',
    ]) {
      assert.ok(stdout.includes(heading), heading);
    }
  });

  test('the help of a command fits 80 columns', async (t) => {
    const project = createProject(t);
    const pages = await Promise.all(
      [
        ['submit', '--help'],
        ['--help', 'worker'],
        ['help', 'list'],
        ['why', '--help'],
        ['workflow', '--help'],
        ['help', 'workflow'],
        ['workflow', 'help', 'list'],
        ['--help', 'workflow', 'status'],
      ].map((args) => project.run(args)),
    );
    for (const { code, stdout } of pages) {
      assert.equal(code, 0);
      assert.ok(
        stdout.split('\n').every((line) => line.length <= 80),
        stdout,
      );
    }
  });

  test('that of workflow shows its commands; each has its own', async (t) => {
    const project = createProject(t);
    const group = await project.run(['workflow', '--help']);
    for (const name of ['list', 'status <id>', 'cancel <id>', 'requeue <id>']) {
      assert.ok(group.stdout.includes(`\n  ${name} `), name);
    }
    const { stdout } = await project.run(['workflow', 'list', '--help']);
    assert.match(stdout, /^Usage: gigq workflow list /u);
  });

  test('--version prints the version of the package', async (t) => {
    const { stdout } = await createProject(t).run(['--version']);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    assert.equal(stdout, `${version}\n`);
  });

  test('no command at all shows the help on stderr and is wrong usage', async (t) => {
    const { code, stdout, stderr } = await createProject(t).run([]);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^Usage: gigq/u);
  });

  test('nor is workflow a command by itself', async (t) => {
    const { code, stdout, stderr } = await createProject(t).run(['workflow']);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^Usage: gigq workflow \[options\] <command>/u);
  });
});

describe('wrong usage is one line on stderr and exit code 2', () => {
  const cases: readonly (readonly [what: string, args: readonly string[], message: RegExp])[] = [
    [
      'an unknown command, with the nearest one',
      ['lst'],
      /unknown command 'lst' \(Did you mean list\?\)/u,
    ],
    [
      'an unknown option, with the nearest one',
      ['list', '--limt', '5'],
      /'--limt' \(Did you mean --limit\?\).* `gigq list --help`/u,
    ],
    ['an option without a command', ['--db', 'x.db'], /no command is given/u],
    ['a missing argument', ['status'], /missing required argument 'id'/u],
    ['an unknown command of workflow', ['workflow', 'lst'], /list\?\).* `gigq workflow --help`/u],
    ['an option of workflow without a command', ['workflow', '--json'], /no command is given/u],
    [
      'an unknown option of a command of workflow',
      ['workflow', 'list', '--limt', '5'],
      /'--limt' \(Did you mean --limit\?\).* `gigq workflow list --help`/u,
    ],
    ['a workflow without its id', ['workflow', 'cancel'], /missing required argument 'id'/u],
    [
      'a status that no workflow has',
      ['workflow', 'list', '--status', 'pending'],
      /choices are running, completed, failed, cancelled/u,
    ],
    ['an empty cursor', ['workflow', 'list', '--before', ''], /--before <id>.*empty/u],
    ['a limit of no workflows', ['workflow', 'list', '--limit', '0'], /whole number from 1/u],
    ['why of nothing', ['why'], /missing required argument 'id'/u],
    ['an argument too many', ['stats', 'now'], /too many arguments for 'stats'/u],
    ['an option without its value', ['list', '--limit'], /'--limit <n>' argument missing/u],
    ['an empty path', ['list', '--db', ''], /--db <path>.*empty/u],
    ['a database in memory', ['stats', '--db', ':memory:'], /in memory ends with the command/u],
    [
      'an unknown status, with those there are',
      ['list', '--status', 'done'],
      /pending, running, completed/u,
    ],
    ['a limit that is no number', ['list', '--limit', 'all'], /whole number from 1/u],
    ['a limit of nothing', ['list', '--limit', '0'], /whole number from 1/u],
  ];
  for (const [what, args, message] of cases) {
    test(what, async (t) => {
      const project = createProject(t);
      assertUsage(await project.run(args), message);
      assert.equal(project.has('gigq.db'), false);
    });
  }
});

describe('every option may stand before or after the command', () => {
  test('[D] --db, which Python GigQ takes only before the command', async (t) => {
    const project = createProject(t);
    const before = await project.run(['--db', 'a.db', 'submit', 'greet']);
    const after = await project.run(['submit', 'greet', '--db', 'a.db']);
    assert.deepEqual([before.code, after.code], [0, 0], before.stderr + after.stderr);
    const { total } = await project.json<{ total: number }>(['stats', '--db=a.db']);
    assert.equal(total, 2);
    assert.equal(project.has('gigq.db'), false);
  });

  test('before workflow, between it and its command, and behind', async (t) => {
    const project = createProject(t);
    await project.with(async (queue) => {
      for (const name of ['one', 'two']) {
        const workflow = new Workflow(name);
        workflow.addJob(new Job({ task: 'greet' }));
        await workflow.submitAll(queue);
      }
    });
    mkdirSync(project.path('below'));
    const options = ['--db', '../gigq.db', '--json', '--limit', '1', '--status', 'running'];
    for (const args of [
      [...options, 'workflow', 'list'],
      ['workflow', ...options, 'list'],
      ['workflow', 'list', ...options],
      [...options.slice(0, 2), 'workflow', ...options.slice(2, 5), 'list', ...options.slice(5)],
    ]) {
      const { stdout, stderr } = await project.run(args, { cwd: project.path('below') });
      assert.equal(stderr, '', args.join(' '));
      assert.partialDeepStrictEqual(JSON.parse(stdout), { name: 'two' });
    }
  });

  test("a command's own options, too, with their values", async (t) => {
    const project = createProject(t);
    const { code, stderr } = await project.run([
      '-p',
      'name=Ada',
      '--priority',
      '-3',
      'submit',
      '--json',
      'greet',
      '--queue',
      'q',
    ]);
    assert.equal(code, 0, stderr);
    const job = await project.json(['--limit', '1', '--status', 'pending', 'list']);
    assert.partialDeepStrictEqual(job, { priority: -3, queue: 'q', params: { name: 'Ada' } });
  });
});

describe('[D] settings come from the flag, else the environment, else the configuration file', () => {
  test('the database', async (t) => {
    const project = createProject(t);
    writeFileSync(project.path('gigq.config.js'), "export default { db: 'config.db' };");
    const env = { GIGQ_DB: 'env.db', GIGQ_DB_PATH: 'path.db' };
    await project.run(['submit', 'greet']);
    assert.equal(project.has('config.db'), true);
    await project.run(['submit', 'greet'], { env: { GIGQ_DB_PATH: 'path.db' } });
    assert.equal(project.has('path.db'), true);
    await project.run(['submit', 'greet'], { env });
    assert.equal(project.has('env.db'), true);
    await project.run(['submit', 'greet', '--db', 'flag.db'], { env });
    assert.equal(project.has('flag.db'), true);
    assert.equal(project.has('gigq.db'), false);
  });

  test('a variable that is empty counts as missing', async (t) => {
    const project = createProject(t);
    await project.run(['submit', 'greet'], { env: { GIGQ_DB: '', GIGQ_TASKS: '' } });
    assert.equal(project.has('gigq.db'), true);
  });

  test('a configuration file in TypeScript is read as it is', async (t) => {
    const project = createProject(t);
    writeFileSync(
      project.path('gigq.config.ts'),
      "const db: string = 'typed.db';\nexport default { db };",
    );
    const { code, stderr } = await project.run(['submit', 'greet']);
    assert.equal(code, 0, stderr);
    assert.equal(project.has('typed.db'), true);
  });

  const wrong: readonly (readonly [what: string, text: string, code: number, message: RegExp])[] = [
    [
      'an unknown setting',
      'export default { database: 1 };',
      2,
      /gigq\.config\.js: unknown setting 'database'\. It may set db, tasks/u,
    ],
    [
      'a setting of another type',
      'export default { concurrency: 0 };',
      2,
      /concurrency is not right. Write a whole number from 1/u,
    ],
    ['no default export', 'export const db = 1;', 2, /exports no settings/u],
    [
      'an error in it',
      "throw new RangeError('oops');",
      1,
      /gigq\.config\.js could not be loaded: RangeError: oops/u,
    ],
  ];
  for (const [what, text, expected, message] of wrong) {
    test(`a configuration file with ${what} is refused`, async (t) => {
      const project = createProject(t);
      writeFileSync(project.path('gigq.config.js'), text);
      const { code, stderr } = await project.run(['stats']);
      assert.equal(code, expected);
      assert.match(stderr, message);
    });
  }
});

describe('an error is one line with its code and a hint', () => {
  test('commands that read do not create a database', async (t) => {
    const project = createProject(t);
    for (const args of [
      ['list'],
      ['stats'],
      ['workers'],
      ['status', 'x'],
      ['cancel', 'x'],
      ['requeue', 'x'],
      ['clear'],
      ['why', 'x'],
      ['workflow', 'list'],
      ['workflow', 'status', 'x'],
      ['workflow', 'cancel', 'x'],
      ['workflow', 'requeue', 'x'],
    ]) {
      const { code, stdout, stderr } = await project.run(args);
      assert.equal(code, 1, args.join(' '));
      assert.equal(stdout, '');
      assert.match(
        stderr,
        /^gigq: There is no database at [^\n]+ \[database_missing\] Check the path[^\n]*\n$/u,
      );
    }
    assert.equal(project.has('gigq.db'), false);
  });

  test('a file that is no database is left as it is', async (t) => {
    const project = createProject(t);
    const text = 'These are my notes, and there are many of them.\n'.repeat(100);
    writeFileSync(project.path('notes.txt'), text);
    const { code, stderr } = await project.run(['submit', 'greet', '--db', 'notes.txt']);
    assert.equal(code, 1);
    assert.match(stderr, /\[database_invalid\]/u);
    assert.equal(readFileSync(project.path('notes.txt'), 'utf8'), text);
  });

  test('[B] a raw traceback is never shown, but --verbose adds the stack', async (t) => {
    const project = createProject(t);
    const plain = await project.run(['list']);
    assert.doesNotMatch(plain.stderr, /\n\s+at /u);
    const verbose = await project.run(['list', '--verbose']);
    assert.match(verbose.stderr, /^gigq: There is no database[^\n]+\n.*\n\s+at /su);
  });

  test('a PostgreSQL server that is not there is told of without its password', async (t) => {
    const { code, stdout, stderr } = await createProject(t).run([
      'list',
      '--db',
      'postgres://me:se:cr@t@127.0.0.1:1/db',
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /\[database_unreachable\]/u);
    assert.match(stderr, /See that the server runs and can be reached from here/u);
    assert.doesNotMatch(stdout + stderr, /se:cr@t|cr@t/u);
  });
});
