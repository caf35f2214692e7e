import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createProject } from '../fixtures/cli/project.ts';
import { diamond, loose, submit } from '../fixtures/cli/workflows.ts';

describe('workflow cancel', () => {
  test('cancels every job that has not ended, and says how many', async (t) => {
    const project = createProject(t);
    const [id = ''] = await submit(project, diamond());
    const { code, stdout } = await project.run(['workflow', 'cancel', id]);
    assert.equal(code, 0);
    assert.equal(stdout, 'Cancelled 5 jobs.\n');
    assert.partialDeepStrictEqual(await project.json(['stats']), { cancelled: 5, total: 5 });
  });

  test('--json prints the id, the new status and the number', async (t) => {
    const project = createProject(t);
    const [id = ''] = await submit(project, loose('one', 'greet'));
    assert.deepEqual(await project.json(['workflow', 'cancel', id]), {
      id,
      status: 'cancelled',
      cancelled: 1,
    });
  });

  test('ends with 1 and the reason if all jobs have ended', async (t) => {
    const project = createProject(t);
    const [id = ''] = await submit(project, loose('one', 'greet'));
    await project.drain();
    const { code, stdout, stderr } = await project.run(['workflow', 'cancel', id]);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      new RegExp(
        `^gigq: No job of workflow ${id} can be cancelled: it is completed\\. \\[not_possible\\] [^\n]+\n$`,
        'u',
      ),
    );
  });
});

describe('workflow requeue', () => {
  test('brings back what failed and what that took down, and says how many', async (t) => {
    const project = createProject(t);
    const [id = ''] = await submit(project, diamond());
    await project.drain();
    const { code, stdout } = await project.run(['workflow', 'requeue', id]);
    assert.equal(code, 0);
    assert.equal(stdout, 'Requeued 2 jobs.\n');
    assert.partialDeepStrictEqual(await project.json(['stats']), {
      pending: 1,
      blocked: 3,
      completed: 1,
    });
  });

  test('--json prints the id, the new status and the number', async (t) => {
    const project = createProject(t);
    const [id = ''] = await submit(project, loose('one', 'broken'));
    await project.drain();
    assert.deepEqual(await project.json(['workflow', 'requeue', id]), {
      id,
      status: 'running',
      requeued: 1,
    });
  });

  test('ends with 1 and the reason if there is nothing to run again', async (t) => {
    const project = createProject(t);
    const [id = ''] = await submit(project, loose('one', 'greet'));
    const { code, stdout, stderr } = await project.run(['workflow', 'requeue', id]);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      new RegExp(
        `^gigq: No job of workflow ${id} can be requeued: it is running\\. \\[not_possible\\] [^\n]+\n$`,
        'u',
      ),
    );
  });
});

describe('a workflow that there is not', () => {
  for (const command of ['status', 'cancel', 'requeue']) {
    test(`${command} ends with 1 and says so on one line`, async (t) => {
      const project = createProject(t);
      await project.run(['migrate']);
      const { code, stdout, stderr } = await project.run(['workflow', command, 'nobody']);
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, /^gigq: There is no workflow nobody\. \[job_not_found\] [^\n]+\n$/u);
    });
  }
});
