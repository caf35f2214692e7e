import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Job } from 'gigq';
import { createProject, type Project } from '../fixtures/cli/project.ts';

async function submit(project: Project, task: string): Promise<string> {
  return (await project.with((queue) => queue.submit(new Job({ task, maxAttempts: 1 })))).id;
}

describe('cancel', () => {
  test('cancels a job and says so on one line', async (t) => {
    const project = createProject(t);
    const id = await submit(project, 'greet');
    const { code, stdout } = await project.run(['cancel', id]);
    assert.equal(code, 0);
    assert.equal(stdout, `Job cancelled: ${id}\n`);
  });

  test('ends with 1 and the reason if the job has ended', async (t) => {
    const project = createProject(t);
    const id = await submit(project, 'greet');
    await project.drain();
    const { code, stdout, stderr } = await project.run(['cancel', id]);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      new RegExp(
        `^gigq: Job ${id} cannot be cancelled: it is completed\\. \\[not_possible\\]`,
        'u',
      ),
    );
  });

  test('--json prints the id and the new status; an unknown id ends with 1', async (t) => {
    const project = createProject(t);
    const id = await submit(project, 'greet');
    assert.deepEqual(await project.json(['cancel', id]), { id, status: 'cancelled' });
    const { code, stderr } = await project.run(['cancel', 'nobody']);
    assert.equal(code, 1);
    assert.match(stderr, /There is no job nobody/u);
  });
});

describe('requeue', () => {
  test('[D] runs again what failed or was cancelled', async (t) => {
    const project = createProject(t);
    const cancelled = await submit(project, 'greet');
    await project.with((queue) => queue.cancel(cancelled));
    const { code, stdout } = await project.run(['requeue', cancelled]);
    assert.equal(code, 0);
    assert.equal(stdout, `Job requeued: ${cancelled}\n`);
    const failed = await submit(project, 'broken');
    await project.drain();
    assert.deepEqual(await project.json(['requeue', failed]), { id: failed, status: 'pending' });
  });

  test('ends with 1 if the job waits or is unknown', async (t) => {
    const project = createProject(t);
    const id = await submit(project, 'greet');
    const { code, stderr } = await project.run(['requeue', id]);
    assert.equal(code, 1);
    assert.match(stderr, /cannot be requeued: it is pending\. \[not_possible\]/u);
    assert.equal((await project.run(['requeue', 'nobody'])).code, 1);
  });
});

describe('requeue of a job that a parent took down', () => {
  async function takenDown(project: Project): Promise<readonly [parent: string, child: string]> {
    const parent = await submit(project, 'broken');
    const child = await project.with((queue) =>
      queue.submit(new Job({ task: 'greet', dependencies: [parent] })),
    );
    await project.drain();
    return [parent, child.id];
  }

  test('says so, and names the parent to requeue instead', async (t) => {
    const project = createProject(t);
    const [parent, child] = await takenDown(project);
    const { code, stdout, stderr } = await project.run(['requeue', child]);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      new RegExp(
        `^gigq: Job ${child} cannot be requeued: it is cancelled\\. \\[not_possible\\] [^\n]+ Its parent ${parent} ended as failed\\. It began when [^\n]*${parent}\\)? failed\\. Requeue that to bring it back\\.\n$`,
        'u',
      ),
    );
    await project.run(['requeue', parent]);
    assert.partialDeepStrictEqual(await project.json(['status', child]), { status: 'blocked' });
  });

  test('says so, too, of one that cannot come back because its parent was cleared', async (t) => {
    const project = createProject(t);
    const parent = await submit(project, 'greet');
    const child = new Job({ task: 'greet', dependencies: [parent], delay: '1h' });
    await project.with((queue) => queue.submit(child));
    await project.drain();
    await project.with(async (queue) => {
      await queue.cancel(child.id);
      const cancelledAt = (await queue.getStatus(child.id))?.completedAt;
      assert.equal(await queue.clearCompleted({ before: cancelledAt! }), 1);
    });
    const { code, stderr } = await project.run(['requeue', child.id]);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`its parent ${parent} was cleared\\.\n$`, 'u'));
  });
});

describe('clear', () => {
  async function withThreeEnded(t: Parameters<typeof createProject>[0]): Promise<Project> {
    const project = createProject(t);
    await submit(project, 'greet');
    await submit(project, 'broken');
    await project.drain();
    const cancelled = await submit(project, 'greet');
    await project.with((queue) => queue.cancel(cancelled));
    await submit(project, 'greet');
    return project;
  }

  test('removes completed and cancelled jobs, and says how many', async (t) => {
    const project = await withThreeEnded(t);
    const { code, stdout } = await project.run(['clear']);
    assert.equal(code, 0);
    assert.equal(stdout, 'Cleared 2 jobs.\n');
    assert.partialDeepStrictEqual(await project.json(['stats']), {
      failed: 1,
      pending: 1,
      total: 2,
    });
  });

  test('--before is days, or a duration: what ended later stays', async (t) => {
    const project = await withThreeEnded(t);
    assert.deepEqual(await project.json(['clear', '--before', '1']), { cleared: 0 });
    assert.deepEqual(await project.json(['clear', '--before', '0.5']), { cleared: 0 });
    assert.deepEqual(await project.json(['clear', '--before', '1h']), { cleared: 0 });
  });

  test('[B] --before 0 is an age like any other, [B] and cancelled jobs have one', async (t) => {
    const project = await withThreeEnded(t);
    assert.deepEqual(await project.json(['clear', '--before', '0']), { cleared: 2 });
  });

  test('--before with no age is refused, and nothing is removed', async (t) => {
    const project = await withThreeEnded(t);
    for (const age of ['yesterday', '-1', '']) {
      const { code, stderr } = await project.run(['clear', '--before', age]);
      assert.equal(code, 2);
      assert.match(stderr, /^gigq: --before: .* A bare number is days\.\n$/u);
    }
    assert.partialDeepStrictEqual(await project.json(['stats']), { total: 4 });
  });
});

describe('stats', () => {
  test('prints a table of Status and Count with every status, and the total', async (t) => {
    const project = createProject(t);
    await submit(project, 'greet');
    await submit(project, 'greet');
    const { code, stdout } = await project.run(['stats']);
    assert.equal(code, 0);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((row) => row.split(/ +/u));
    assert.deepEqual(rows, [
      ['Status', 'Count'],
      ['blocked', '0'],
      ['scheduled', '0'],
      ['pending', '2'],
      ['running', '0'],
      ['completed', '0'],
      ['failed', '0'],
      ['timeout', '0'],
      ['cancelled', '0'],
      ['total', '2'],
    ]);
  });

  test('--json prints the counts', async (t) => {
    const project = createProject(t);
    await submit(project, 'greet');
    assert.partialDeepStrictEqual(await project.json(['stats']), { pending: 1, total: 1 });
  });
});

describe('migrate', () => {
  test('--dry-run says what it would do; without it, it is done; then there is nothing to do', async (t) => {
    const project = createProject(t);
    const { code, stdout } = await project.run(['migrate']);
    assert.equal(code, 0);
    assert.match(stdout, /^Migrated gigq\.db from version 0 to \d+:\n {2}\d{3}-/u);
    const again = await project.run(['migrate', '--dry-run']);
    assert.equal(again.code, 0);
    assert.match(again.stdout, /^gigq\.db is up to date: version \d+\.\n$/u);
    assert.partialDeepStrictEqual(await project.json(['migrate']), { applied: [] });
  });

  test('--dry-run creates nothing', async (t) => {
    const project = createProject(t);
    const { code, stderr } = await project.run(['migrate', '--dry-run']);
    assert.equal(code, 1);
    assert.match(stderr, /\[database_missing\]/u);
    assert.equal(project.has('gigq.db'), false);
  });
});
