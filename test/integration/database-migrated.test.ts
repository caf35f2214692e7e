// Two versions of gigq on one file: once the newer one has migrated it, the older one touches nothing more.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { JobQueue } from 'gigq';
import { assertCommandEnds, assertIdleWorkerEnds, greet } from '../helpers/database-lost.ts';
import { newJob, runAll, unit } from '../helpers/store-seam.ts';
import { openSqlite, temporaryFolder } from '../helpers/store-sqlite.ts';

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
    // By the clock of the tests no time passes: the look that is left is the one inside of the transaction.
    const seam = openSqlite(t, join(temporaryFolder(), 'jobs.db'));
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
    const seam = openSqlite(t, join(temporaryFolder(), 'jobs.db'));
    await seam.enqueue(newJob('a'));
    migrateFurther(seam.connection.path);
    await seam.clock.advance(1000);
    await assert.rejects(seam.job('a'), { code: 'schema_newer' });
  });

  it('ends an older worker that is idle within two seconds', async (t) => {
    await assertIdleWorkerEnds(t, migrateFurther, 'schema_newer');
  });

  it('ends gigq worker with 1, which says why', async (t) => {
    await assertCommandEnds(t, migrateFurther, /\[schema_newer\] Update gigq/u);
  });
});
