import assert from 'node:assert/strict';
import type { Input } from '../../dist/store/store.js';
import {
  completed,
  failed,
  failedForGood,
  newJob,
  newJobs,
  type Seam,
  timedOut,
} from '../helpers/store-seam.ts';
import type { Suite } from './contract.ts';

const minute = 60_000;

export const cancel: Suite = (holds) => {
  holds('cancel ends jobs that wait, with the time of their end', async (seam) => {
    await seam.enqueue(newJob('a'), newJob('b', { due: { afterMs: 1000 } }));
    await seam.clock.advance(500);
    assert.deepEqual(await seam.call('cancel', ['a', 'b']), [true, true]);
    const now = seam.clock.wall();
    for (const job of [await seam.job('a'), await seam.job('b')]) {
      assert.partialDeepStrictEqual(job, {
        status: 'cancelled',
        completedAtMs: now,
        updatedAtMs: now,
        runAtMs: null,
        attempts: 0,
      });
    }
    assert.deepEqual(await seam.call('executions', 'a'), { count: 0, executions: [] });
  });

  holds('cancel of a running job takes its lease and records the execution', async (seam) => {
    await seam.enqueue(newJob('a'));
    const worker = await seam.worker();
    const job = await worker.takeOne();
    await seam.clock.advance(20);
    assert.deepEqual(await seam.call('cancel', ['a']), [true]);
    assert.equal(await worker.end(job, completed), 'lost');
    assert.deepEqual(await seam.call('held', worker.key), []);
    const { executions } = await seam.call('executions', 'a');
    assert.deepEqual(executions, [
      {
        number: 1,
        attempt: 1,
        slot: 'w-0',
        status: 'cancelled',
        startedAtMs: job.startedAtMs,
        completedAtMs: job.startedAtMs + 20,
        error: null,
      },
    ]);
    assert.equal((await seam.job('a')).slot, null);
  });

  holds(
    'cancel answers in order: false for what is final, unknown, or cancelled just before',
    async (seam) => {
      await seam.enqueue(...newJobs(3));
      const worker = await seam.worker();
      await worker.end(await worker.takeOne(), completed);
      const ids = ['job-1', 'job-0', 'nobody', 'job-2', 'job-1'];
      assert.deepEqual(await seam.call('cancel', ids), [true, false, false, true, false]);
      assert.deepEqual(await seam.counted(), { completed: 1, cancelled: 2 });
    },
  );

  holds('cancel of a job between two attempts keeps what was recorded', async (seam) => {
    await seam.enqueue(newJob('a', { retry: { delay: '10s' } }));
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), failed);
    await seam.call('cancel', ['a']);
    const { executions } = await seam.call('executions', 'a');
    assert.deepEqual(
      executions.map(({ status }) => status),
      ['failed'],
    );
  });
};

export const requeue: Suite = (holds) => {
  const endings = {
    failed: async (seam: Seam) => {
      const worker = await seam.worker();
      await worker.end(await worker.takeOne(), failedForGood);
    },
    timeout: async (seam: Seam) => {
      const worker = await seam.worker();
      await worker.end(await worker.takeOne(), timedOut);
    },
    cancelled: async (seam: Seam) => {
      const worker = await seam.worker();
      const { lease } = await worker.takeOne();
      const progress = { done: 1, total: 2, message: null };
      await seam.call('progress', [{ lease, progress }]);
      await seam.call('cancel', ['a']);
    },
  };
  for (const [status, end] of Object.entries(endings)) {
    holds(`requeue makes a ${status} job as good as new, but for its executions`, async (seam) => {
      await seam.enqueue(newJob('a', { maxAttempts: 1, due: { afterMs: 5 } }));
      const fresh = { ...(await seam.job('a')), status: 'pending', runAtMs: null };
      await seam.clock.advance(5);
      await end(seam);
      assert.equal(await seam.statusOf('a'), status);
      await seam.clock.advance(minute);
      assert.deepEqual(await seam.call('requeue', ['a']), [true]);
      const updatedAtMs = seam.clock.wall();
      assert.deepEqual(await seam.call('get', 'a'), { ...fresh, updatedAtMs });
      assert.equal((await seam.call('executions', 'a')).count, 1);
      assert.deepEqual(await seam.counted(), { pending: 1 });
    });
  }

  holds(
    'requeue of a job that was cancelled between two attempts does not wait any more',
    async (seam) => {
      await seam.enqueue(newJob('a', { retry: { delay: '1h' } }));
      const worker = await seam.worker();
      await worker.end(await worker.takeOne(), failed);
      await seam.call('cancel', ['a']);
      await seam.call('requeue', ['a']);
      assert.equal((await worker.takeOne()).attempts, 1);
    },
  );

  holds('requeue gives all attempts again', async (seam) => {
    await seam.enqueue(newJob('a', { maxAttempts: 2 }));
    const worker = await seam.worker();
    for (const _ of [1, 2]) await worker.end(await worker.takeOne(), failed);
    assert.equal(await seam.statusOf('a'), 'failed');
    await seam.call('requeue', ['a']);
    await worker.end(await worker.takeOne(), failed);
    assert.equal(await seam.statusOf('a'), 'pending');
    await worker.end(await worker.takeOne(), failed);
    assert.equal(await seam.statusOf('a'), 'failed');
  });

  holds(
    'requeue answers in order: false for what is not failed, timed out or cancelled',
    async (seam) => {
      await seam.enqueue(...newJobs(3), newJob('later', { due: { afterMs: 5 } }));
      const worker = await seam.worker();
      await worker.end(await worker.takeOne(), completed);
      await worker.takeOne();
      await seam.enqueue(newJob('gone'));
      await seam.call('cancel', ['gone']);
      const ids = ['job-0', 'job-1', 'gone', 'job-2', 'later', 'nobody', 'gone'];
      const answers = await seam.call('requeue', ids);
      assert.deepEqual(answers, [false, false, true, false, false, false, false]);
    },
  );
};

export const prune: Suite = (holds) => {
  holds(
    'prune removes completed and cancelled jobs with their executions, and no others',
    async (seam) => {
      await oneOfEach(seam);
      assert.deepEqual(await seam.call('prune', { before: null, after: null }), {
        removed: 2,
        next: null,
      });
      assert.deepEqual(await seam.counted(), {
        pending: 1,
        scheduled: 1,
        running: 1,
        failed: 1,
        timeout: 1,
      });
      assert.equal(await seam.call('get', 'completed'), null);
      assert.deepEqual(await seam.call('executions', 'completed'), { count: 0, executions: [] });
    },
  );

  holds('prune forgets an id: it can be submitted again, as new', async (seam) => {
    await seam.enqueue(newJob('a'));
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), completed);
    await seam.call('prune', { before: null, after: null });
    assert.deepEqual(await seam.enqueue(newJob('a')), ['stored']);
    const again = await worker.takeOne();
    assert.deepEqual([again.id, again.number, again.attempts], ['a', 1, 1]);
    assert.equal((await seam.call('executions', 'a')).count, 1);
  });

  const cuts: Record<string, (endedAtMs: number, now: number) => Input<'prune'>['before']> = {
    'that long ago': (endedAtMs, now) => ({ agoMs: now - endedAtMs }),
    'an instant': (endedAtMs) => ({ atMs: endedAtMs }),
  };
  for (const [name, cut] of Object.entries(cuts)) {
    holds(`prune by age takes what ended before ${name}, and not what ended then`, async (seam) => {
      await seam.enqueue(newJob('old'), newJob('then'), newJob('new'));
      for (const id of ['old', 'then', 'new']) {
        await seam.call('cancel', [id]);
        await seam.clock.advance(1);
      }
      const endedAtMs = (await seam.job('then')).completedAtMs ?? 0;
      const before = cut(endedAtMs, seam.clock.wall());
      assert.equal((await seam.call('prune', { before, after: null })).removed, 1);
      const left = (await seam.everyJob()).map(({ id }) => id);
      assert.deepEqual(left, ['new', 'then']);
    });
  }

  holds('prune by an age of nothing spares what ends at this moment', async (seam) => {
    await seam.enqueue(newJob('a'));
    await seam.call('cancel', ['a']);
    const before = { agoMs: 0 };
    assert.equal((await seam.call('prune', { before, after: null })).removed, 0);
    await seam.clock.advance(1);
    assert.equal((await seam.call('prune', { before, after: null })).removed, 1);
  });

  holds('prune counts age from the end, not from the submit', async (seam) => {
    await seam.enqueue(newJob('a'));
    await seam.clock.advance(60 * minute);
    await seam.call('cancel', ['a']);
    await seam.clock.advance(minute);
    const before = { agoMs: 30 * minute };
    assert.equal((await seam.call('prune', { before, after: null })).removed, 0);
  });

  holds('prune goes through many jobs in chunks, and past those that stay', async (seam) => {
    const kept = newJobs(1200).map((job) => ({ ...job, id: `kept-${job.id}` }));
    const gone = newJobs(2300).map((job) => ({ ...job, id: `gone-${job.id}` }));
    await seam.enqueue(...kept, ...gone);
    await seam.call(
      'cancel',
      gone.map(({ id }) => id),
    );
    const chunks: number[] = [];
    let after: number | null = null;
    do {
      const chunk: { removed: number; next: number | null } = await seam.call('prune', {
        before: null,
        after,
      });
      chunks.push(chunk.removed);
      after = chunk.next;
    } while (after !== null);
    assert.equal(
      chunks.reduce((sum, removed) => sum + removed),
      2300,
    );
    assert.ok(Math.max(...chunks) <= 1000, String(chunks));
    assert.deepEqual(await seam.counted(), { pending: 1200 });
  });

  holds('prune of an empty store is over at once', async (seam) => {
    assert.deepEqual(await seam.call('prune', { before: null, after: null }), {
      removed: 0,
      next: null,
    });
  });
};

async function oneOfEach(seam: Seam): Promise<void> {
  const worker = await seam.worker();
  const endings = { completed, failed: failedForGood, timeout: timedOut };
  for (const [id, outcome] of Object.entries(endings)) {
    await seam.enqueue(newJob(id, { maxAttempts: 1 }));
    await worker.end(await worker.takeOne(), outcome);
  }
  await seam.enqueue(newJob('running'));
  await worker.takeOne();
  await seam.enqueue(newJob('cancelled'), newJob('pending'));
  await seam.enqueue(newJob('scheduled', { due: { afterMs: minute } }));
  await seam.call('cancel', ['cancelled']);
}
