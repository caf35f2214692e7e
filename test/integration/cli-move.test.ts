import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Job } from 'gigq';
import { createProject, type Project } from '../fixtures/cli/project.ts';
import { freshSchema } from '../helpers/store-postgres.ts';
import { within } from '../helpers/store-process.ts';

async function withJobs(project: Project, count: number): Promise<void> {
  await project.with((queue) =>
    queue.submitMany(Array.from({ length: count }, () => new Job({ task: 'greet' }))),
  );
}

describe('gigq move', () => {
  test('prints what has moved, then that it has; the old file is listed and not submitted to', async (t) => {
    const project = createProject(t);
    await withJobs(project, 3);
    const { address, schema } = await freshSchema();
    const args = ['move', '--from', 'gigq.db', '--to', address];
    const planned = await project.run([...args, '--dry-run']);
    assert.match(planned.stdout, /^Would move .*gigq\.db to postgres:.*\n.*\n.*\njobs +3 +-\n/u);
    const moved = await project.run(args);
    assert.equal(moved.code, 0, moved.stderr);
    assert.match(moved.stdout, /^Moved .*both sides hold the same:\nTable +Rows +SHA-256\n/u);
    assert.match(moved.stdout, /\njobs +3 +[\da-f]{64}\n/u);
    const again = await project.json<{ outcome: string; to: string }>(args);
    assert.deepEqual([again.outcome, again.to.includes(schema)], ['already', true]);
    const submitted = await project.run(['submit', 'greet']);
    assert.equal(submitted.code, 1);
    assert.match(submitted.stderr, /was moved to postgres:.*\[database_moved\] Name the new/u);
    assert.match((await project.run(['stats'])).stdout, /pending +3/u);
    for (const { stdout, stderr } of [planned, moved, submitted])
      assert.doesNotMatch(stdout + stderr, new RegExp(new URL(address).password, 'u'));
  });

  test('says whom it waits for, and ends with 124 if that takes too long', async (t) => {
    const project = createProject(t);
    const worker = project.start(['worker', '--tasks', 'tasks.ts', '--worker-id', 'ada']);
    await worker.says('The worker is ready');
    const args = ['move', '--to', (await freshSchema()).address];
    const refused = await project.run(args);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /Workers run on .*ada .*\[workers_running\] Stop the workers/u);
    const late = await project.run([...args, '--wait-timeout', '0.1s']);
    assert.equal(late.code, 124);
    assert.match(late.stderr, /^Waiting until these workers have stopped: ada \(process \d+ on /u);
    const moving = project.start([...args, '--wait']);
    await moving.says('Waiting until');
    worker.child.kill('SIGTERM');
    const { code, stderr } = await within(20_000, moving.outcome, 'the move');
    assert.equal(code, 0, stderr);
  });

  test('shows on a terminal how far it has come', async (t) => {
    const project = createProject(t);
    await withJobs(project, 3);
    const { address } = await freshSchema();
    const { code, stderr } = await project.run(['move', '--to', address], { columns: 80 });
    assert.equal(code, 0);
    assert.match(stderr, /^\rCopying: 3 of 3 rows, [\d,]+\/s\r +\r$/u);
  });

  test('needs to know where to, and what it is', async (t) => {
    const project = createProject(t);
    await withJobs(project, 1);
    assert.equal((await project.run(['move'])).code, 2);
    const { code, stderr } = await project.run(['move', '--to', 'other.db']);
    assert.equal(code, 2);
    assert.match(stderr, /from a SQLite file to a PostgreSQL database/u);
  });
});
