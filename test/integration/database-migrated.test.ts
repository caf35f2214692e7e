// Two versions of gigq on one file: once the newer one has migrated it, the older one touches nothing more.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { JobQueue, task } from 'gigq';
import { createProject } from '../fixtures/cli/project.ts';
import { FakeClock } from '../helpers/store-clock.ts';
import { within } from '../helpers/store-process.ts';
import { newJob, runAll, unit } from '../helpers/store-seam.ts';
import { SqliteSeam, temporaryFolder } from '../helpers/store-sqlite.ts';
import { next, place } from '../helpers/worker-place.ts';

const greet = task('greet', () => 'hello');

/** What a later version does, whatever else it changes. */
function migrateFurther(path: string): void {
  const database = new DatabaseSync(path);
  database.exec("INSERT INTO gigq_migrations VALUES (900, 'later', 'x', 0)");
  database.close();
}

describe('a database that a newer gigq migrates', () => {
  it('takes no job more from a queue of an older one that has it open', async () => {
    const path = join(temporaryFolder(), 'jobs.db');
    await using queue = new JobQueue(path);
    await greet.submit(queue);
    migrateFurther(path);
    await assert.rejects(greet.submit(queue), {
      code: 'schema_newer',
      message: /has schema 900; this version of gigq knows schemas up to \d+/u,
    });
  });

  it('is not written to even at the same moment: nothing of a commit stands', async (t) => {
    // By this clock no time passes: the look that is left is the one inside of the transaction.
    const seam = new SqliteSeam(join(temporaryFolder(), 'jobs.db'), new FakeClock());
    t.after(() => seam.store.close());
    await seam.enqueue(newJob('before'));
    migrateFurther(seam.connection.path);
    const answers = await runAll(seam.store, [
      unit('enqueue', [newJob('a')]),
      unit('enqueue', [newJob('b')]),
    ]);
    for (const answer of answers) {
      assert.equal(!answer.ok && (answer.error as { code: unknown }).code, 'schema_newer');
    }
    assert.deepEqual(
      seam.rows('SELECT id FROM gigq_jobs').map(({ id }) => id),
      ['before'],
    );
    seam.connection.begin();
    seam.connection.rollback();
  });

  it('is not read by an older one either', async (t) => {
    const clock = new FakeClock();
    const seam = new SqliteSeam(join(temporaryFolder(), 'jobs.db'), clock);
    t.after(() => seam.store.close());
    await seam.enqueue(newJob('a'));
    migrateFurther(seam.connection.path);
    await clock.advance(1000);
    await assert.rejects(seam.job('a'), { code: 'schema_newer' });
  });

  it('ends an older worker that is idle within two seconds', async (t) => {
    const here = place(t);
    const worker = here.worker({ pollingInterval: '1h', tasks: [greet] });
    const running = worker.start();
    await next(worker, 'idle');
    migrateFurther(here.database);
    await assert.rejects(within(2000, running, 'the end of the worker'), { code: 'schema_newer' });
  });

  it('ends gigq worker with 1, which says why', async (t) => {
    const project = createProject(t);
    const command = project.start(['worker', '--tasks', 'tasks.ts']);
    await command.says('The worker is ready');
    migrateFurther(project.path('gigq.db'));
    const { code, stderr } = await within(5000, command.outcome, 'the end of the command');
    assert.equal(code, 1);
    assert.match(stderr, /\[schema_newer\] Update gigq/u);
  });
});
