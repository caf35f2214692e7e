import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Job, type JobInfo, Workflow, type WorkflowInfo } from 'gigq';
import { columnsOf } from '../fixtures/cli/columns.ts';
import { createProject, type Project } from '../fixtures/cli/project.ts';
import { diamond, loose, submit } from '../fixtures/cli/workflows.ts';

/** The one row of a table that begins with the text, in its cells. */
function row(text: string, start: string): readonly string[] {
  const rows = text.split('\n').filter((line) => line.startsWith(`${start} `));
  assert.equal(rows.length, 1, text);
  return (rows[0] ?? '').split(/ {2,}/u);
}

const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;

describe('workflow list', () => {
  async function names(project: Project, ...args: readonly string[]): Promise<string[]> {
    const { code, stdout, stderr } = await project.run(['workflow', 'list', '--json', ...args]);
    assert.equal(code, 0, stderr);
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as WorkflowInfo).name);
  }

  test('prints a table of ID, Name, Status, Jobs and Created, the newest first', async (t) => {
    const project = createProject(t);
    const ids = await submit(project, loose('one', 'greet', 'broken'));
    await project.drain();
    ids.unshift(...(await submit(project, loose('two', 'greet', 'greet', 'greet'))));
    const { code, stdout } = await project.run(['workflow', 'list']);
    assert.equal(code, 0);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/u));
    assert.deepEqual(
      rows.map((cells) => cells.slice(0, 4)),
      [
        ['ID', 'Name', 'Status', 'Jobs'],
        [ids[0], 'two', 'running', '0/3'],
        [ids[1], 'one', 'failed', '1/2'],
      ],
    );
    assert.equal(rows[0]?.[4], 'Created');
    assert.match(rows[1]?.[4] ?? '', new RegExp(`^${time}$`, 'u'));
  });

  test('says so when there are none', async (t) => {
    const project = createProject(t);
    await project.run(['migrate']);
    const { code, stdout } = await project.run(['workflow', 'list']);
    assert.equal(code, 0);
    assert.equal(stdout, 'No workflows found.\n');
    assert.deepEqual(await names(project), []);
  });

  test('--json prints one object a line, as the library gives it', async (t) => {
    const project = createProject(t);
    await submit(project, loose('one', 'greet'), loose('three', 'greet'));
    const { stdout } = await project.run(['workflow', 'list', '--json']);
    const printed = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    const workflows = await project.with((queue) => queue.listWorkflows());
    assert.deepEqual(printed, JSON.parse(JSON.stringify(workflows)));
    assert.equal(printed.length, 2);
  });

  test('filters by status', async (t) => {
    const project = createProject(t);
    await submit(project, loose('failed', 'broken'), loose('completed', 'greet'));
    await project.drain();
    await submit(project, loose('running', 'greet'));
    for (const status of ['failed', 'completed', 'running']) {
      assert.deepEqual(await names(project, '--status', status), [status]);
    }
    assert.deepEqual(await names(project, '--status', 'cancelled'), []);
  });

  test('goes on behind the one that --before names', async (t) => {
    const project = createProject(t);
    const ids = await submit(project, ...['a', 'b', 'c', 'd'].map((name) => loose(name, 'greet')));
    assert.deepEqual(await names(project, '--limit', '2'), ['d', 'c']);
    assert.deepEqual(await names(project, '--limit', '2', '--before', ids[2] ?? ''), ['b', 'a']);
    const { code, stderr } = await project.run(['workflow', 'list', '--before', 'nobody']);
    assert.equal(code, 1);
    assert.match(stderr, /^gigq: There is no workflow nobody\. \[job_not_found\]/u);
  });

  test('shows 100 workflows, more with --limit, also beyond a page of the library', async (t) => {
    const project = createProject(t);
    const expected = Array.from({ length: 1003 }, (_, index) => `n${1002 - index}`);
    await submit(project, ...expected.toReversed().map((name) => loose(name, 'greet')));
    assert.deepEqual(await names(project), expected.slice(0, 100));
    assert.deepEqual(await names(project, '--limit', '1001'), expected.slice(0, 1001));
    assert.deepEqual(await names(project, '--limit', '5000'), expected);
  });

  test('fits the terminal, whatever the width of the names; nothing steers it', async (t) => {
    const project = createProject(t);
    const long = ['長い名前'.repeat(30), 'a name '.repeat(30), 'safe\u202Etxt.exe', '短い'];
    const ids = await submit(project, ...long.map((name) => loose(name, 'greet')));
    const { stdout } = await project.run(['workflow', 'list'], {
      columns: 70,
      env: { NO_COLOR: '1' },
    });
    const rows = stdout.trimEnd().split('\n');
    for (const line of rows) assert.ok(columnsOf(line) <= 70, line);
    for (const id of ids) assert.equal(row(stdout, id).at(-1), '0/1');
    const starts = rows.slice(1).map((line) => columnsOf(line.slice(0, line.indexOf('running'))));
    assert.equal(new Set(starts).size, 1, stdout);
    assert.doesNotMatch(stdout, /\u202E/u);
  });
});

describe('workflow status', () => {
  test('prints how it stands, its jobs by status, what failed and what waits for what', async (t) => {
    const project = createProject(t);
    const [id = ''] = await submit(project, diamond());
    await project.drain();
    const { code, stdout } = await project.run(['workflow', 'status', id]);
    assert.equal(code, 0);
    const [lines, counts, failed, waiting, ...more] = stdout.split('\n\n');
    assert.match(
      lines ?? '',
      new RegExp(
        `^Workflow: Nightly \\(${id}\\)\nStatus: running\nCreated: ${time}\nJobs: 1 / 5$`,
        'u',
      ),
    );
    assert.deepEqual(
      counts?.split('\n').map((line) => line.split(/ +/u)),
      [
        ['Status', 'Count'],
        ['blocked', '2'],
        ['completed', '1'],
        ['failed', '1'],
        ['cancelled', '1'],
      ],
    );
    assert.deepEqual(
      failed?.split('\n').map((line) => line.split(/ {2,}/u)),
      [['Failed:'], ['ID', 'Name', 'Error'], ['bad', 'the bad', 'TypeError: the wheel came off']],
    );
    assert.deepEqual(
      waiting?.split('\n').map((line) => line.split(/ {2,}/u)),
      [
        ['Waiting:'],
        ['ID', 'Name', 'Waits for'],
        ['patient', 'patient', 'the bad (failed)'],
        ['last', 'greet', 'patient (blocked)'],
        [''],
      ],
    );
    assert.deepEqual(more, []);
  });

  test('leaves out what there is not', async (t) => {
    const project = createProject(t);
    const [id = ''] = await submit(project, loose('Plain', 'greet', 'greet'));
    await project.drain();
    const { stdout } = await project.run(['workflow', 'status', id]);
    assert.match(
      stdout,
      new RegExp(
        `^Workflow: Plain \\(${id}\\)\nStatus: completed\nCreated: ${time}\nCompleted: ${time}\nJobs: 2 / 2\n\nStatus +Count\ncompleted +2\n$`,
        'u',
      ),
    );
  });

  test('shows the parents that hold a job up, not those that have completed', async (t) => {
    const project = createProject(t);
    await project.with((queue) =>
      queue.submitMany([
        new Job({ task: 'greet', id: 'over' }),
        new Job({ task: 'greet', id: 'outside', name: 'from outside', delay: '1h' }),
      ]),
    );
    const workflow = new Workflow('Mixed');
    const inside = [
      workflow.addJob(new Job({ task: 'greet', id: 'done' })),
      workflow.addJob(new Job({ task: 'greet', name: 'inside', delay: '1h' })),
    ];
    workflow.addJob(new Job({ task: 'greet', id: 'child', dependencies: ['over', 'outside'] }), {
      dependsOn: inside,
    });
    const [id = ''] = await submit(project, workflow);
    await project.drain();
    const { stdout } = await project.run(['workflow', 'status', id]);
    assert.deepEqual(row(stdout, 'child'), [
      'child',
      'greet',
      'from outside (scheduled), inside (scheduled)',
    ]);
  });

  test('finds the parent that holds a job up behind a thousand that do not', async (t) => {
    const project = createProject(t);
    const workflow = loose('Fan-in', ...Array.from({ length: 1001 }, () => 'greet'));
    const late = workflow.addJob(new Job({ task: 'greet', name: 'late', delay: '1h' }));
    const parents = workflow.jobs.map((job) => workflow.addJob(job));
    workflow.addJob(new Job({ task: 'greet', id: 'child' }), { dependsOn: [...parents, late] });
    const [id = ''] = await submit(project, workflow);
    await project.drain();
    const { stdout } = await project.run(['workflow', 'status', id]);
    assert.match(stdout, /^Jobs: 1001 \/ 1003$/mu);
    assert.deepEqual(row(stdout, 'child'), ['child', 'greet', 'late (scheduled)']);
  });

  test('of many it shows the first ten, and how many there are beside them', async (t) => {
    const project = createProject(t);
    const workflow = loose('Many', ...Array.from({ length: 12 }, () => 'broken'));
    const parents = Array.from({ length: 11 }, (_, index) =>
      workflow.addJob(new Job({ task: 'greet', name: `p${index}`, delay: '1h' })),
    );
    for (let index = 0; index < 13; index++) {
      const job = new Job({ task: 'greet', id: `w${index}` });
      workflow.addJob(job, { dependsOn: parents });
    }
    const [id = ''] = await submit(project, workflow);
    await project.drain();
    const { stdout } = await project.run(['workflow', 'status', id]);
    const [, , failed = '', waiting = ''] = stdout.trimEnd().split('\n\n');
    assert.equal(failed.match(/the wheel came off/gu)?.length, 10);
    assert.match(failed, /\nand 2 more$/u);
    assert.deepEqual(
      waiting.match(/^w\d+/gmu),
      Array.from({ length: 10 }, (_, index) => `w${index}`),
    );
    assert.match(row(waiting, 'w0').at(-1) ?? '', /^p0 \(scheduled\), .*, p9 \(scheduled\)$/u);
    assert.match(waiting, /\nand 3 more$/u);
  });

  test('is found whole beyond a page of the library', async (t) => {
    const project = createProject(t);
    const workflow = new Workflow('Large');
    const failing = (id: string): Job => new Job({ task: 'broken', id, maxAttempts: 1 });
    workflow.addJob(failing('first'));
    const parent = workflow.addJob(new Job({ task: 'greet', name: 'late', delay: '1h' }));
    for (let index = 0; index < 1001; index++) {
      workflow.addJob(new Job({ task: 'greet', id: `w${index}` }), { dependsOn: [parent] });
    }
    workflow.addJob(failing('last'));
    const [id = ''] = await submit(project, workflow);
    await project.drain();
    const { stdout } = await project.run(['workflow', 'status', id]);
    const shown = Array.from({ length: 10 }, (_, index) => `w${index}`);
    assert.deepEqual(stdout.match(/^(?:first|last|w\d+)/gmu), ['first', 'last', ...shown]);
    assert.match(stdout, /\nand 991 more\n$/u);
  });

  test('fits the terminal, and nothing in it steers it', async (t) => {
    const project = createProject(t);
    const workflow = new Workflow('safe\u202Etxt.exe');
    const parent = workflow.addJob(new Job({ task: 'hopeless', name: '長い名前'.repeat(30) }));
    const options = { task: 'greet', onParentFailure: 'wait' as const };
    workflow.addJob(new Job({ ...options, name: 'a name '.repeat(30) }), { dependsOn: [parent] });
    const [id = ''] = await submit(project, workflow);
    await project.drain();
    const { stdout } = await project.run(['workflow', 'status', id], {
      columns: 80,
      env: { NO_COLOR: '1' },
    });
    for (const line of stdout.split('\n')) assert.ok(columnsOf(line) <= 80, line);
    assert.match(stdout, /^[\da-f-]{36} {2}長.+ FatalError: first/mu);
    assert.doesNotMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\p{Bidi_Control}]/u);
  });

  test('--json prints one object: the workflow, what failed, and what waits for which ids', async (t) => {
    const project = createProject(t);
    const [id = ''] = await submit(project, diamond());
    await project.drain();
    const { failed, waiting, ...info } = await project.json<
      WorkflowInfo & { failed: readonly JobInfo[]; waiting: unknown }
    >(['workflow', 'status', id]);
    const [listed] = await project.with((queue) => queue.listWorkflows());
    assert.deepEqual(info, JSON.parse(JSON.stringify(listed)));
    const {
      executions: _,
      executionCount: __,
      ...bad
    } = await project.json<any>(['status', 'bad']);
    assert.deepEqual(failed, [bad]);
    assert.deepEqual(waiting, [
      { id: 'patient', name: 'patient', waitsFor: ['bad'] },
      { id: 'last', name: 'greet', waitsFor: ['patient'] },
    ]);
  });
});
