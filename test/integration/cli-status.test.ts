import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Job, type JobDetails, Workflow } from 'gigq';
import { createProject, type Project } from '../fixtures/cli/project.ts';

async function submit(project: Project, ...jobs: readonly Job[]): Promise<readonly string[]> {
  const handles = await project.with((queue) => queue.submitMany(jobs));
  return handles.map(({ id }) => id);
}

const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;

function labels(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(':')[0] ?? '');
}

describe('status', () => {
  test('prints a line each: Job, Status, Created, Updated, Started, Completed, Attempts', async (t) => {
    const project = createProject(t);
    const [id = ''] = await submit(project, new Job({ task: 'greet', name: 'Good morning' }));
    await project.drain();
    const { code, stdout } = await project.run(['status', id]);
    assert.equal(code, 0);
    assert.deepEqual(labels(stdout), [
      'Job',
      'Status',
      'Created',
      'Updated',
      'Started',
      'Completed',
      'Attempts',
    ]);
    assert.match(
      stdout,
      new RegExp(`^Job: Good morning \\(${id}\\)\nStatus: completed\nCreated: ${time}\n`, 'u'),
    );
    assert.match(stdout, /^Attempts: 1 \/ 3$/mu);
  });

  test('leaves out what there is not yet', async (t) => {
    const project = createProject(t);
    const [id = ''] = await submit(project, new Job({ task: 'greet' }));
    const { stdout } = await project.run(['status', id]);
    assert.deepEqual(labels(stdout), ['Job', 'Status', 'Created', 'Updated', 'Attempts']);
  });

  test('[B] results that are falsy are shown: 0, false, "" and null', async (t) => {
    const project = createProject(t);
    const values = [0, false, '', null];
    const ids = await submit(
      project,
      ...values.map((value) => new Job({ task: 'echo', params: { value } })),
    );
    await project.drain();
    const shown = await Promise.all(ids.map((id) => project.run(['status', id, '--show-result'])));
    const results = shown.map(({ stdout }) => /^Result: (.*)$/mu.exec(stdout)?.[1]);
    assert.deepEqual(results, ['0', 'false', '""', 'null']);
  });

  test('a result that is not there yet is not taken for null', async (t) => {
    const project = createProject(t);
    const [id = ''] = await submit(project, new Job({ task: 'echo', params: { value: [1] } }));
    const { stdout } = await project.run([
      'status',
      id,
      '--show-result',
      '--show-params',
      '--show-executions',
    ]);
    assert.match(stdout, /^Result: - \(not completed\)$/mu);
    assert.match(stdout, /^Params: \{\n  "value": \[\n    1\n  \]\n\}$/mu);
    assert.match(stdout, /^Executions: none$/mu);
  });

  test('[B] the error of the job and of every execution is shown', async (t) => {
    const project = createProject(t);
    const [id = ''] = await submit(project, new Job({ task: 'broken', maxAttempts: 2 }));
    await project.drain();
    const { stdout } = await project.run(['status', id, '--show-executions']);
    assert.match(stdout, /^Status: failed$/mu);
    assert.match(stdout, /^Attempts: 2 \/ 2$/mu);
    assert.match(stdout, /^Error: TypeError: the wheel came off$/mu);
    assert.match(stdout, new RegExp(`^  #1 attempt 1: failed, .+, ${time} to ${time}$`, 'mu'));
    assert.equal(stdout.match(/^ {5}Error: TypeError: the wheel came off$/gmu)?.length, 2);
  });

  test('[D] the stack of the error is kept: --verbose shows it', async (t) => {
    const project = createProject(t);
    const [id = ''] = await submit(project, new Job({ task: 'hopeless' }));
    await project.drain();
    const plain = await project.run(['status', id]);
    assert.match(plain.stdout, /^Error: FatalError: first line\\nsecond line$/mu);
    const verbose = await project.run(['status', id, '--verbose']);
    assert.match(verbose.stdout, /^ +at .*tasks\.ts/mu);
  });

  test('--json prints the whole record, whatever is shown', async (t) => {
    const project = createProject(t);
    const [id = ''] = await submit(project, new Job({ task: 'echo', params: { value: 0 } }));
    await project.drain();
    const job = await project.json<JobDetails>(['status', id]);
    assert.partialDeepStrictEqual(job, {
      id,
      status: 'completed',
      params: { value: 0 },
      result: 0,
      executionCount: 1,
    });
    assert.partialDeepStrictEqual(job.executions[0], {
      number: 1,
      attempt: 1,
      status: 'completed',
      error: null,
    });
    assert.match(String(job.completedAt), /^\d{4}-.*Z$/u);
  });

  test('names the workflow and the parents behind the rest, before what was asked for', async (t) => {
    const project = createProject(t);
    const workflow = new Workflow('two');
    const parents = ['a', 'b'].map((id) => workflow.addJob(new Job({ task: 'greet', id })));
    const job = workflow.addJob(new Job({ task: 'broken', maxAttempts: 1 }), {
      dependsOn: parents,
    });
    const { id } = await project.with((queue) => workflow.submitAll(queue));
    await project.drain();
    const { stdout } = await project.run(['status', job.id, '--show-params']);
    assert.deepEqual(labels(stdout).slice(-5), [
      'Attempts',
      'Error',
      'Workflow',
      'Depends on',
      'Params',
    ]);
    assert.match(stdout, new RegExp(`^Workflow: ${id}\nDepends on: a, b$`, 'mu'));
    const parent = await project.run(['status', 'a']);
    assert.doesNotMatch(parent.stdout, /^Depends on/mu);
  });

  test('of many parents the first ten are named; --json names all', async (t) => {
    const project = createProject(t);
    const ids = Array.from({ length: 12 }, (_, index) => `parent-${index}`);
    await submit(project, ...ids.map((id) => new Job({ task: 'greet', id })));
    const [id = ''] = await submit(project, new Job({ task: 'greet', dependencies: ids }));
    const { stdout } = await project.run(['status', id]);
    assert.match(stdout, /^Depends on: parent-0, .+, parent-9, and 2 more$/mu);
    assert.doesNotMatch(stdout, /^Workflow/mu);
    assert.deepEqual((await project.json<JobDetails>(['status', id])).dependencies, ids);
  });

  test('an unknown id ends with 1', async (t) => {
    const project = createProject(t);
    await submit(project, new Job({ task: 'greet' }));
    const { code, stdout, stderr } = await project.run(['status', 'nobody']);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^gigq: There is no job nobody\. \[job_not_found\] [^\n]+\n$/u);
  });
});
