// Workflows run by many processes, of which some die.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Job, Workflow } from 'gigq';
import { Effects, found, place } from '../helpers/worker-place.ts';
import { onEachStore } from '../helpers/each-store.ts';
import { WorkerProcess } from '../helpers/worker-process.ts';

const pairs = 150;

/** A job for each pair of parents, which have nothing else to wait for, and one for all of those. */
function graph(
  task: string,
  params: object,
): { readonly workflow: Workflow; readonly last: string } {
  const workflow = new Workflow('Pairs');
  const job = (id: string): Job => new Job({ task, params, id, passParentResults: false });
  const children = Array.from({ length: pairs }, (_, n) => {
    const parents = [workflow.addJob(job(`l-${n}`)), workflow.addJob(job(`r-${n}`))];
    return workflow.addJob(job(`child-${n}`), { dependsOn: parents });
  });
  return { workflow, last: workflow.addJob(job('last'), { dependsOn: children }).id };
}

/** The ids of the jobs in the order in which they ran. */
function ranIn(effects: Effects, word: string): readonly string[] {
  return effects.lines
    .filter((line) => line.startsWith(word))
    .map((line) => line.split(' ')[1] ?? '');
}

function assertInOrder(ran: readonly string[]): void {
  const first = new Map(ran.toReversed().map((id, place_) => [id, ran.length - place_]));
  const at = (id: string): number => first.get(id) ?? assert.fail(`${id} did not run`);
  for (let n = 0; n < pairs; n += 1) {
    assert.ok(at(`child-${n}`) > Math.max(at(`l-${n}`), at(`r-${n}`)), `child-${n} waited`);
    assert.ok(at('last') > at(`child-${n}`), 'the last waited for all');
  }
}

describe('a workflow run by several processes', () => {
  it('releases a job once, though its last two parents end at the same time in two of them', async (t) => {
    const here = place(t);
    const effects = new Effects(join(here.folder, 'effects'));
    const { workflow, last } = graph('mark', { effects: effects.path });
    for (const _ of [1, 2, 3]) await WorkerProcess.start(t, here.database, { concurrency: 4 });
    const handle = await workflow.submitAll(here.queue);
    await here.queue.get(last).result({ timeout: '60s' });
    const ran = ranIn(effects, 'ran');
    assert.deepEqual([ran.length, new Set(ran).size], [3 * pairs + 1, 3 * pairs + 1]);
    assertInOrder(ran);
    const { status, jobs } = await handle.status();
    assert.deepEqual([status, jobs.completed], ['completed', 3 * pairs + 1]);
  });

  onEachStore(
    'ends though workers are killed, and no job runs before its parents have ended',
    async (t, database) => {
      const here = place(t, database);
      const effects = new Effects(join(here.folder, 'effects'));
      const { workflow, last } = graph('last', { effects: effects.path, ms: 5 });
      const start = (): Promise<WorkerProcess> =>
        WorkerProcess.start(t, here.database, { concurrency: 4, leaseDuration: '2s' });
      const workers = [await start(), await start()];
      const handle = await workflow.submitAll(here.queue);
      for (const share of [0.2, 0.5]) {
        await found(() => ranIn(effects, 'ended').length > share * 3 * pairs, 'some of the work');
        workers.shift()?.signal('SIGKILL');
        workers.push(await start());
      }
      await here.queue.get(last).result({ timeout: '60s' });
      assertInOrder(ranIn(effects, 'ended'));
      const { status, jobs } = await handle.status();
      assert.deepEqual(
        [status, jobs.completed, jobs.total],
        ['completed', 3 * pairs + 1, 3 * pairs + 1],
      );
    },
  );
});

describe('why, after a worker was killed', () => {
  it('says that nobody has heard of it, for the job that it ran and for those that wait', async (t) => {
    const here = place(t);
    const effects = new Effects(join(here.folder, 'effects'));
    const params = { effects: effects.path };
    const options = { workerId: 'victim', leaseDuration: '1s' } as const;
    const worker = await WorkerProcess.start(t, here.database, options);
    const running = await here.queue.submit(new Job({ task: 'obey', params }));
    const waiting = await here.queue.submit(new Job({ task: 'obey', params }));
    await found(() => effects.lines.length === 1, 'the run');
    worker.signal('SIGKILL');
    await worker.exit();
    const reasons = async (id: string): Promise<string> =>
      (await here.queue.why(id)).reasons.map(({ code, message }) => `${code} ${message}`).join(' ');
    await found(async () => /worker_silent/u.test(await reasons(running.id)), 'its lease to pass');
    assert.match(await reasons(running.id), /Its worker was last heard of at .*take the job over/u);
    assert.match(
      await reasons(waiting.id),
      /no_worker_for_task .*\(victim was last heard of at .*\)\. Start one/u,
    );
  });
});
