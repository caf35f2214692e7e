import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Job } from 'gigq';
import { createProject, type Project } from '../fixtures/cli/project.ts';

async function submit(project: Project, job: Job): Promise<string> {
  return (await project.with((queue) => queue.submit(job))).id;
}

async function lines(project: Project, id: string): Promise<readonly string[]> {
  const { code, stdout, stderr } = await project.run(['why', id]);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  assert.equal(stdout.at(-1), '\n');
  return stdout.slice(0, -1).split('\n');
}

describe('why', () => {
  test('says what keeps a job from running, and what to do', async (t) => {
    const project = createProject(t);
    const id = await submit(project, new Job({ task: 'greet' }));
    assert.deepEqual(await lines(project, id), [
      "No live worker knows the task 'greet'. Start one: gigq worker --tasks <module>.",
    ]);
  });

  test('follows a job that waits to where the waiting begins: a reason a line, the nearest first', async (t) => {
    const project = createProject(t);
    await submit(project, new Job({ task: 'greet', id: 'a', name: 'first' }));
    await submit(project, new Job({ task: 'greet', id: 'b', dependencies: ['a'] }));
    await submit(project, new Job({ task: 'greet', id: 'c', dependencies: ['b'] }));
    const [nearest, root, ...more] = await lines(project, 'c');
    assert.equal(nearest, "It waits for its parent: 'greet' (b) is blocked.");
    assert.match(root ?? '', /^'first' \(a\): No live worker knows the task 'greet'\./u);
    assert.deepEqual(more, []);
  });

  test('tells of a job that a parent took down which parent to requeue', async (t) => {
    const project = createProject(t);
    await submit(project, new Job({ task: 'broken', id: 'a', maxAttempts: 1 }));
    await submit(project, new Job({ task: 'greet', id: 'b', dependencies: ['a'] }));
    await project.drain();
    const [how, what] = await lines(project, 'b');
    assert.match(how ?? '', /^It was cancelled at .+: Its parent a ended as failed\.$/u);
    assert.equal(what, "It began when 'broken' (a) failed. Requeue that to bring it back.");
  });

  test('keeps a reason on its line, whatever the error of the job holds', async (t) => {
    const project = createProject(t);
    const id = await submit(project, new Job({ task: 'hopeless' }));
    await project.drain();
    const reasons = await lines(project, id);
    assert.equal(reasons.length, 1);
    assert.match(reasons[0] ?? '', /FatalError: first line\\nsecond line/u);
  });

  test('--json prints the status, and the reasons with their codes', async (t) => {
    const project = createProject(t);
    await submit(project, new Job({ task: 'greet', id: 'a', delay: '1h' }));
    await submit(project, new Job({ task: 'greet', id: 'b', dependencies: ['a'] }));
    const answer = await project.json<{ reasons: readonly object[] }>(['why', 'b']);
    assert.partialDeepStrictEqual(answer, {
      status: 'blocked',
      reasons: [
        { code: 'parents', message: "It waits for its parent: 'greet' (a) is scheduled." },
        { code: 'scheduled' },
      ],
    });
    assert.deepEqual(Object.keys(answer), ['status', 'reasons']);
    assert.deepEqual(Object.keys(answer.reasons[0] ?? {}), ['code', 'message']);
  });

  test('an unknown id ends with 1', async (t) => {
    const project = createProject(t);
    await project.run(['migrate']);
    for (const args of [
      ['why', 'nobody'],
      ['why', 'nobody', '--json'],
    ]) {
      const { code, stdout, stderr } = await project.run(args);
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, /^gigq: There is no job nobody\. \[job_not_found\] [^\n]+\n$/u);
    }
  });
});
