// PgBouncer itself, in transaction mode: each transaction may be another session's.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test, type TestContext } from 'node:test';
import { Job, task, Workflow } from 'gigq';
import { pgBouncer, pooled } from '../helpers/pgbouncer.ts';
import { freshSchema, query } from '../helpers/store-postgres.ts';
import { found, next, place, type Place } from '../helpers/worker-place.ts';

const program = pgBouncer();

const double = task('double', async ({ value }: { value: number }) => 2 * value);
const obedient = task('obedient', async (_: {}, { signal }) => {
  await once(signal, 'abort');
  signal.throwIfAborted();
});

let way: Promise<string> | undefined;

/** A schema of its own, by way of the pooler. */
async function behindPooler(t: TestContext): Promise<Place> {
  const { address, schema } = await freshSchema();
  way ??= pooled(program ?? assert.fail(), address);
  const own = new URL(await way);
  own.searchParams.set('schema', schema);
  return place(t, own.href);
}

/** The one thing that the tests need and npm does not bring: where it is missing they say that they did not run. */
const skip = program === undefined && 'PgBouncer is not installed';

function withPooler(title: string, body: (t: TestContext, here: Place) => Promise<void>): void {
  test(title, { skip }, async (t) => {
    await body(t, await behindPooler(t));
  });
}

describe('behind PgBouncer in transaction mode', () => {
  withPooler('jobs are submitted, run, waited for, and wait for each other', async (_t, here) => {
    await here.started({ concurrency: 4, pollingInterval: '100ms', tasks: [double] });
    const values = Array.from({ length: 50 }, (_, value) => ({ value }));
    const handles = await double.submitMany(here.queue, values);
    const results = await Promise.all(handles.map((handle) => handle.result()));
    assert.equal(results.length, 50);
    const workflow = new Workflow('twice');
    const first = workflow.addTask(double, { value: 1 });
    const second = workflow.addTask(double, { value: first.result });
    const handle = await workflow.submitAll(here.queue);
    assert.equal(await handle.result(second), 4);
  });

  withPooler('a running job is cancelled, and others are found by polling', async (_t, here) => {
    const worker = await here.started({ pollingInterval: '100ms', tasks: [obedient, double] });
    const [began, ended] = [next(worker, 'started'), next(worker, 'cancelled')];
    const handle = await obedient.submit(here.queue);
    await began;
    assert.equal(await handle.cancel(), true);
    await ended;
  });

  withPooler(
    'many clients share a few connections, and no session keeps anything',
    async (t, here) => {
      const places = Array.from({ length: 4 }, (_, n) =>
        place(t, `${here.database}&application_name=client${n}`),
      );
      for (const each of places.slice(0, 2))
        await each.started({ concurrency: 2, pollingInterval: '100ms', tasks: [double] });
      const submitted = places.map(({ queue }, n) =>
        queue.submitMany(
          Array.from(
            { length: 20 },
            (_, value) => new Job({ task: 'double', id: `${n}-${value}`, params: { value } }),
          ),
        ),
      );
      await Promise.all(submitted);
      await found(async () => (await here.queue.stats()).completed === 80, 'all to end');
      const sessions = await query(
        "SELECT FROM pg_stat_activity WHERE application_name LIKE 'client%'",
      );
      assert.ok(sessions.length <= 3, `${sessions.length} sessions`);
    },
  );
});
