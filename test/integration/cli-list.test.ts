import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Job, type JobInfo, Workflow } from 'gigq';
import { columnsOf } from '../fixtures/cli/columns.ts';
import { createProject, type Project } from '../fixtures/cli/project.ts';
import { beside } from '../helpers/beside.ts';

function submit(project: Project, ...jobs: readonly Job[]): Promise<unknown> {
  return project.with((queue) => queue.submitMany(jobs));
}

async function names(project: Project, args: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await project.run(['list', '--json', ...args]);
  assert.equal(code, 0, stderr);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as JobInfo).name);
}

describe('list', () => {
  test('prints a table of ID, Name, Status, Priority, Created and Updated, the newest first', async (t) => {
    const project = createProject(t);
    await submit(project, new Job({ task: 'first' }), new Job({ task: 'second', priority: 5 }));
    const { code, stdout } = await project.run(['list']);
    assert.equal(code, 0);
    const [head = '', ...rows] = stdout.trimEnd().split('\n');
    assert.deepEqual(head.split(/ {2,}/u), [
      'ID',
      'Name',
      'Status',
      'Priority',
      'Created',
      'Updated',
    ]);
    assert.deepEqual(
      rows.map((row) => row.split(/ {2,}/u).slice(1, 4)),
      [
        ['second', 'pending', '5'],
        ['first', 'pending', '0'],
      ],
    );
    assert.match(
      rows[0] ?? '',
      /^[\da-f-]{36} {2}.* {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/u,
    );
  });

  test('says so when there are none', async (t) => {
    const project = createProject(t);
    await project.run(['migrate']);
    const { code, stdout } = await project.run(['list']);
    assert.equal(code, 0);
    assert.equal(stdout, 'No jobs found.\n');
    assert.deepEqual(await names(project, []), []);
  });

  test('[D] --json prints one object a line, with the same fields as status', async (t) => {
    const project = createProject(t);
    await submit(
      project,
      new Job({ task: 'greet', params: { text: 'a\nb' } }),
      new Job({ task: 'greet' }),
    );
    const { stdout } = await project.run(['list', '--json']);
    const jobs = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JobInfo);
    assert.equal(jobs.length, 2);
    const {
      executions: _,
      executionCount: __,
      ...job
    } = await project.json<Record<string, unknown>>(['status', jobs[0]?.id ?? '']);
    assert.deepEqual(jobs[0], job);
  });

  test('filters by status, task and queue; a status may be repeated', async (t) => {
    const project = createProject(t);
    await submit(
      project,
      new Job({ task: 'greet', name: 'a' }),
      new Job({ task: 'greet', name: 'b', queue: 'mail' }),
      new Job({ task: 'echo', name: 'c', delay: '1h' }),
    );
    assert.deepEqual(await names(project, ['--task', 'greet']), ['b', 'a']);
    assert.deepEqual(await names(project, ['--queue', 'mail']), ['b']);
    assert.deepEqual(await names(project, ['--status', 'scheduled']), ['c']);
    assert.deepEqual(
      await names(project, ['--status', 'scheduled', '--status', 'pending', '--task', 'echo']),
      ['c'],
    );
    assert.deepEqual(await names(project, ['--worker', 'nobody']), []);
  });

  test('--workflow shows the jobs of one workflow, also those in some status', async (t) => {
    const project = createProject(t);
    const workflow = new Workflow('two');
    const first = workflow.addJob(new Job({ task: 'greet', name: 'a' }));
    workflow.addJob(new Job({ task: 'greet', name: 'b' }), { dependsOn: [first] });
    const { id } = await project.with((queue) => workflow.submitAll(queue));
    await submit(project, new Job({ task: 'greet', name: 'alone' }));
    assert.deepEqual(await names(project, ['--workflow', id]), ['b', 'a']);
    assert.deepEqual(await names(project, ['--workflow', id, '--status', 'blocked']), ['b']);
    assert.deepEqual(await names(project, ['--workflow', 'nobody']), []);
  });

  test('shows 100 jobs, more with --limit, also beyond a page of the library', async (t) => {
    const project = createProject(t);
    await submit(
      project,
      ...Array.from({ length: 1203 }, (_, index) => new Job({ task: 'greet', name: `n${index}` })),
    );
    assert.equal((await names(project, [])).length, 100);
    assert.equal((await names(project, ['--limit', '1100'])).length, 1100);
    const all = await names(project, ['--limit', '5000']);
    assert.deepEqual(
      all,
      Array.from({ length: 1203 }, (_, index) => `n${1202 - index}`),
    );
  });
});

describe('the table of list', () => {
  const wide = ['日本語の仕事', '🚀🫠 launch', 'ordinary', 'e\u0301te\u0301 👩‍💻 🇩🇪'];

  test('wide characters align', async (t) => {
    const project = createProject(t);
    await submit(project, ...wide.map((name) => new Job({ task: 'greet', name })));
    const { stdout } = await project.run(['list']);
    const starts = stdout
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((row) => columnsOf(row.slice(0, row.indexOf('pending'))));
    assert.equal(new Set(starts).size, 1, stdout);
  });

  for (const columns of [60, 80, 120]) {
    test(`fits a terminal of ${columns} columns: long names are cut, columns left out, never the id`, async (t) => {
      const project = createProject(t);
      const long = [...wide, 'a name '.repeat(30), '長い名前'.repeat(30), '👩‍💻'.repeat(50)];
      await submit(project, ...long.map((name) => new Job({ task: 'greet', name })));
      const { stdout } = await project.run(['list'], { columns, env: { NO_COLOR: '1' } });
      const rows = stdout.trimEnd().split('\n');
      assert.equal(rows.length, long.length + 1);
      for (const row of rows) assert.ok(columnsOf(row) <= columns, `${columnsOf(row)}: ${row}`);
      for (const row of rows.slice(1)) assert.match(row, /^[\da-f-]{36} {2}.+pending/u);
      assert.equal(stdout.isWellFormed(), true);
    });
  }

  test('is not cut where the reader is no terminal', async (t) => {
    const project = createProject(t);
    const name = 'x'.repeat(256);
    await submit(project, new Job({ task: 'greet', name }));
    const { stdout } = await project.run(['list']);
    assert.ok(stdout.includes(name));
  });

  test('shows a status that it does not know, without colour', async (t) => {
    const project = createProject(t);
    await submit(project, new Job({ task: 'greet' }));
    await beside(project.path('gigq.db'), "UPDATE gigq_jobs SET status = 'constructor'");
    const { code, stdout } = await project.run(['list'], { columns: 120 });
    assert.equal(code, 0);
    assert.match(stdout, / {2}constructor {2}/u);
  });
});
