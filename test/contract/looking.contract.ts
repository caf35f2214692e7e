import assert from 'node:assert/strict';
import { statuses } from '../../dist/core/state.js';
import type { ListRequest, Page, Reply } from '../../dist/store/store.js';
import {
  anyJob,
  completed,
  failed,
  failedForGood,
  newJob,
  newJobs,
  released,
  type Seam,
  slots,
} from '../helpers/store-seam.ts';
import type { Suite } from './contract.ts';

const all: ListRequest = {
  ...anyJob,
  limit: 100,
  before: null,
};

async function listed(seam: Seam, request: Partial<ListRequest>): Promise<string[]> {
  const { jobs } = await seam.call('list', { ...all, ...request });
  return jobs.map(({ id }) => id);
}

export const list: Suite = (holds) => {
  holds('list tells jobs newest first, each with its whole record', async (seam) => {
    await seam.enqueue(...newJobs(3, { params: '[1]', description: 'x' }));
    const { jobs, next } = await seam.call('list', all);
    assert.deepEqual(
      jobs.map(({ id }) => id),
      ['job-2', 'job-1', 'job-0'],
    );
    assert.equal(next, null);
    assert.deepEqual(jobs[2], await seam.call('get', 'job-0'));
  });

  holds('list goes by the order of insertion, whatever the clock said', async (seam) => {
    await seam.enqueue(newJob('a'));
    seam.clock.setWall(-3_600_000);
    await seam.enqueue(newJob('b'));
    assert.deepEqual(await listed(seam, {}), ['b', 'a']);
  });

  holds('list of an empty store is empty', async (seam) => {
    assert.deepEqual(await seam.call('list', all), { jobs: [], next: null });
  });

  holds(
    'list can be narrowed to states, to a task, to a queue, and to all at once',
    async (seam) => {
      await seam.enqueue(
        newJob('a', { task: 'one', queue: 'x' }),
        newJob('b', { task: 'two', queue: 'x' }),
        newJob('c', { task: 'one', queue: 'y' }),
        newJob('d', { task: 'one', queue: 'x', due: { afterMs: 5 } }),
      );
      await seam.call('cancel', ['c']);
      assert.deepEqual(await listed(seam, { statuses: ['cancelled', 'scheduled'] }), ['d', 'c']);
      assert.deepEqual(await listed(seam, { statuses: [] }), []);
      assert.deepEqual(await listed(seam, { task: 'one' }), ['d', 'c', 'a']);
      assert.deepEqual(await listed(seam, { queue: 'x' }), ['d', 'b', 'a']);
      const narrow = { statuses: ['pending'], task: 'one', queue: 'x' } as const;
      assert.deepEqual(await listed(seam, narrow), ['a']);
      assert.deepEqual(await listed(seam, { task: 'nobody' }), []);
    },
  );

  holds('list by a worker tells what runs there now, by its label or by a slot', async (seam) => {
    await seam.enqueue(...newJobs(4));
    const [one, two] = [
      await seam.worker('1', { label: 'one' }),
      await seam.worker('2', { label: 'two' }),
    ];
    await one.claim({ slots: slots(2, 'one') });
    const { jobs } = await two.claim({ slots: slots(2, 'two') });
    await two.end(jobs[1]!, failed);
    assert.deepEqual(await listed(seam, { worker: 'one' }), ['job-1', 'job-0']);
    assert.deepEqual(await listed(seam, { worker: 'one-1' }), ['job-1']);
    assert.deepEqual(await listed(seam, { worker: 'two' }), ['job-2']);
    assert.deepEqual(await listed(seam, { worker: 'two-1' }), []);
    assert.deepEqual(await listed(seam, { worker: 'nobody' }), []);
  });

  holds('list goes on from a job, page by page', async (seam) => {
    await seam.enqueue(...newJobs(5));
    assert.deepEqual(await listed(seam, { limit: 2 }), ['job-4', 'job-3']);
    assert.deepEqual(await listed(seam, { limit: 2, before: { id: 'job-3' } }), ['job-2', 'job-1']);
    assert.deepEqual(await listed(seam, { limit: 2, before: { id: 'job-1' } }), ['job-0']);
    assert.deepEqual(await listed(seam, { limit: 2, before: { id: 'job-0' } }), []);
  });

  holds('list goes on from a job that does not match any more', async (seam) => {
    await seam.enqueue(...newJobs(4));
    await seam.call('cancel', ['job-2']);
    const request = { statuses: ['pending'], before: { id: 'job-2' } } as const;
    assert.deepEqual(await listed(seam, request), ['job-1', 'job-0']);
  });

  holds('list from a job that is gone says so', async (seam) => {
    await seam.enqueue(...newJobs(2));
    await seam.call('cancel', ['job-1']);
    await seam.call('prune', { before: null, after: null });
    const error = { code: 'job_not_found', name: 'JobNotFoundError', message: /job-1/u };
    await assert.rejects(seam.call('list', { ...all, before: { id: 'job-1' } }), error);
  });

  holds(
    'list shows each job once while others are added and ended between two pages',
    async (seam) => {
      await seam.enqueue(...newJobs(20));
      const worker = await seam.worker();
      const seen: string[] = [];
      let before: ListRequest['before'] = null;
      for (let page = 0; page < 4; page += 1) {
        const ids = await listed(seam, { limit: 5, before });
        seen.push(...ids);
        before = { id: ids.at(-1)! };
        await seam.enqueue(newJob(`new-${page}`));
        await worker.end(await worker.takeOne(), completed);
      }
      assert.deepEqual(
        seen,
        newJobs(20)
          .map(({ id }) => id)
          .toReversed(),
      );
    },
  );

  holds('list cuts a long search short and says where to go on', async (seam) => {
    await seam.enqueue(newJob('needle', { queue: 'rare' }), ...newJobs(25_000));
    let page: Page = await seam.call('list', { ...all, queue: 'rare', limit: 1 });
    let searches = 1;
    while (page.jobs.length === 0 && page.next !== null) {
      const before = { seq: page.next };
      page = await seam.call('list', { ...all, queue: 'rare', limit: 1, before });
      searches += 1;
    }
    assert.deepEqual(
      page.jobs.map(({ id }) => id),
      ['needle'],
    );
    assert.ok(searches > 1, 'one call looked through 25,000 jobs');
  });

  holds('list of a full page is not cut short', async (seam) => {
    await seam.enqueue(...newJobs(12_000));
    const { jobs, next } = await seam.call('list', { ...all, limit: 1000 });
    assert.deepEqual([jobs.length, next], [1000, null]);
  });
};

export const get: Suite = (holds) => {
  holds('get of an id that is not stored is null', async (seam) => {
    assert.equal(await seam.call('get', 'nobody'), null);
  });

  holds('executions of an id that is not stored are none', async (seam) => {
    assert.deepEqual(await seam.call('executions', 'nobody'), { count: 0, executions: [] });
  });

  holds('executions tell runs oldest first, the one in progress included', async (seam) => {
    await seam.enqueue(newJob('a'));
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), failed);
    await seam.clock.advance(100);
    const { jobs } = await worker.claim({ slots: ['w-3'] });
    const { count, executions } = await seam.call('executions', 'a');
    assert.equal(count, 2);
    assert.deepEqual(
      executions.map(({ status }) => status),
      ['failed', 'running'],
    );
    assert.deepEqual(executions[1], {
      number: 2,
      attempt: 2,
      slot: 'w-3',
      status: 'running',
      startedAtMs: jobs[0]?.startedAtMs,
      completedAtMs: null,
      error: null,
    });
  });

  holds(
    'executions of a job that ran often are the last hundred, and their number',
    async (seam) => {
      await seam.enqueue(newJob('a'));
      const worker = await seam.worker();
      for (let run = 0; run < 150; run += 1) await worker.end(await worker.takeOne(), released);
      const ended = await seam.call('executions', 'a');
      assert.deepEqual(numbersOf(ended), [150, 100, 51, 150]);
      await worker.takeOne();
      assert.deepEqual(numbersOf(await seam.call('executions', 'a')), [151, 100, 52, 151]);
    },
  );

  holds('outcomes tell how jobs stand, in the order of the ids', async (seam) => {
    await seam.enqueue(...newJobs(5));
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), completed);
    await worker.end(await worker.takeOne(), failedForGood);
    await worker.takeOne();
    await seam.call('cancel', ['job-3']);
    const ids = ['job-4', 'job-3', 'nobody', 'job-2', 'job-1', 'job-0'];
    const error = { name: 'Error', message: 'it broke' };
    assert.deepEqual(await seam.call('outcomes', ids), [
      'unfinished',
      { status: 'cancelled', result: null, error: null },
      null,
      'unfinished',
      { status: 'failed', result: null, error },
      { status: 'completed', result: '"done"', error: null },
    ]);
  });

  holds('an error keeps its stack and its causes', async (seam) => {
    await seam.enqueue(newJob('a'));
    const worker = await seam.worker();
    const cause = { name: 'TypeError', message: 'no\u0000thing \ud800', stack: 'TypeError: …' };
    const error = { name: 'Error', message: 'it\'s "broken"', stack: 'Error: …\n  at x', cause };
    await worker.end(await worker.takeOne(), { kind: 'failed', error, final: true });
    assert.deepEqual((await seam.job('a')).error, error);
    assert.deepEqual((await seam.call('executions', 'a')).executions[0]?.error, error);
  });

  holds('counts name every state', async (seam) => {
    const counts = await seam.call('counts', null);
    assert.deepEqual(counts, Object.fromEntries(statuses.map((status) => [status, 0])));
  });

  holds('counts equal a recount over several queues and tasks', async (seam) => {
    const lanes = ['x', 'y', 'z'].flatMap((queue) =>
      ['one', 'two'].map((task) => ({ queue, task })),
    );
    for (const lane of lanes) {
      await seam.enqueue(
        ...newJobs(4, lane).map((job) => ({ ...job, id: `${lane.queue}${lane.task}${job.id}` })),
      );
    }
    const worker = await seam.worker();
    const { jobs } = await worker.claim({ tasks: ['one'], slots: slots(9) });
    await worker.end(jobs[0]!, completed);
    await seam.call('cancel', [jobs[1]!.id, 'xtwojob-0']);
    const recount = Object.fromEntries(statuses.map((status) => [status, 0]));
    for (const { status } of await seam.everyJob()) recount[status]! += 1;
    assert.deepEqual(await seam.call('counts', null), recount);
    assert.deepEqual(await seam.counted(), { pending: 14, running: 7, completed: 1, cancelled: 2 });
  });

  holds('workers tells how many jobs each runs, in the order in which they came', async (seam) => {
    await seam.enqueue(...newJobs(3));
    const [one, two] = [await seam.worker('z'), await seam.worker('a')];
    await one.take(2);
    await two.end(await two.takeOne(), completed);
    const workers = await seam.call('workers', null);
    assert.deepEqual(
      workers.map(({ instance, running }) => [instance, running]),
      [
        ['z', 2],
        ['a', 0],
      ],
    );
  });

  holds('running tells what each worker runs, the longest first, and the time', async (seam) => {
    await seam.enqueue(...newJobs(4, { name: 'Good morning' }));
    const [one, two] = [await seam.worker('z'), await seam.worker('a')];
    const startedAtMs = seam.clock.wall();
    const [first, second] = await one.take(2);
    await seam.clock.advance(50);
    await two.takeOne();
    await one.end(first!, completed);
    const [third] = await one.take(1);
    const { jobs, nowMs } = await seam.call('running', null);
    assert.equal(nowMs, seam.clock.wall());
    assert.deepEqual(jobs[0], {
      ...one.key,
      id: second?.id,
      name: 'Good morning',
      task: 'greet',
      slot: 'w-1',
      startedAtMs,
    });
    assert.deepEqual(
      jobs.map(({ instance, id, startedAtMs: ms }) => [instance, id, ms - startedAtMs]),
      [
        ['z', 'job-1', 0],
        ['z', third?.id, 50],
        ['a', 'job-2', 50],
      ],
    );
  });

  holds('running names a hundred jobs of a worker that runs more', async (seam) => {
    await seam.enqueue(...newJobs(130));
    const [one, two] = [await seam.worker('1'), await seam.worker('2')];
    await one.take(120);
    await two.take(10);
    const { jobs } = await seam.call('running', null);
    assert.equal(jobs.length, 110);
    assert.deepEqual([jobs[0]?.id, jobs[99]?.id, jobs[100]?.id], ['job-0', 'job-99', 'job-120']);
  });
};

function numbersOf({ count, executions }: Reply<'executions'>): unknown[] {
  return [count, executions.length, executions[0]?.number, executions.at(-1)?.number];
}
