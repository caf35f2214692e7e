// Jobs that may end their process: kept in lanes of their own, counted, cleared.
import assert from 'node:assert/strict';
import type { ClaimedJob } from '../../dist/core/job.js';
import { decide, type ProcessLost } from '../../dist/core/decide.js';
import {
  completed,
  failed,
  lost,
  newJob,
  newJobs,
  noSuspects,
  replyOf,
  runAll,
  type Seam,
  type SeamWorker,
  slots,
  unit,
} from '../helpers/store-seam.ts';
import type { Suite } from './contract.ts';

const after = (kind: ProcessLost['kind']): ProcessLost => ({ ...lost, kind });

/** So many jobs, each of which may have ended its process. */
async function madeSuspect(seam: Seam, count: number): Promise<SeamWorker> {
  await seam.enqueue(...newJobs(count));
  const worker = await seam.worker();
  for (const job of await worker.take(count)) await worker.end(job, after('suspected'));
  return worker;
}

function idsOf(jobs: readonly ClaimedJob[]): readonly string[] {
  return jobs.map(({ id }) => id);
}

export const suspects: Suite = (holds) => {
  holds('a suspect is told as one, and costs no attempt', async (seam) => {
    await madeSuspect(seam, 1);
    const { status, attempts, suspect, crashes } = await seam.job('job-0');
    assert.deepEqual([status, attempts, suspect, crashes], ['pending', 0, true, 0]);
    assert.deepEqual(await seam.counted(), { pending: 1 });
  });

  holds(
    'a suspect is taken by a worker that runs it apart like any other job, in order',
    async (seam) => {
      const worker = await madeSuspect(seam, 3);
      await seam.enqueue(newJob('urgent', { priority: 1 }));
      const claim = await worker.claim({ slots: slots(4), apart: ['greet'], oneSuspect: false });
      assert.deepEqual(idsOf(claim.jobs), ['urgent', 'job-0', 'job-1', 'job-2']);
      assert.deepEqual(
        claim.jobs.map(({ suspect }) => suspect),
        [false, true, true, true],
      );
    },
  );

  holds('a suspect is taken beside others one at a time, and first', async (seam) => {
    const worker = await madeSuspect(seam, 3);
    await seam.enqueue(newJob('urgent', { priority: 1 }));
    const { jobs } = await worker.claim({ slots: slots(4) });
    assert.deepEqual(idsOf(jobs), ['job-0', 'urgent']);
    const none = await worker.claim({ slots: slots(4), oneSuspect: false });
    assert.deepEqual([idsOf(none.jobs), none.unknownTasks], [[], []]);
    await worker.end(jobs[0]!, completed);
    assert.deepEqual(idsOf((await worker.claim({ slots: slots(4) })).jobs), ['job-1']);
  });

  holds('a job that becomes a suspect can be claimed in the same transaction', async (seam) => {
    await seam.enqueue(newJob('a'));
    const worker = await seam.worker();
    const settlement = decide(await worker.takeOne(), after('suspected'), 0);
    const usual = { tasks: ['greet'], queues: null, slots: ['w-0'], ...noSuspects };
    const units = [unit('settle', [settlement]), unit('claim', { worker: worker.key, ...usual })];
    const [, claimed] = await runAll(seam.store, units);
    assert.deepEqual(idsOf(replyOf(claimed, 'claim').jobs), ['a']);
  });

  holds('a suspect does not keep innocent jobs of its lane waiting', async (seam) => {
    const worker = await madeSuspect(seam, 2);
    await seam.enqueue(newJob('later'));
    const { jobs } = await worker.claim({ slots: slots(1), oneSuspect: false });
    assert.deepEqual(idsOf(jobs), ['later']);
  });

  holds('a suspect is one no more after a run that came to its own end', async (seam) => {
    const worker = await madeSuspect(seam, 1);
    await worker.end(await worker.takeOne(), failed);
    assert.equal((await seam.job('job-0')).suspect, false);
    const { jobs } = await worker.claim({ oneSuspect: false });
    assert.deepEqual(idsOf(jobs), ['job-0']);
  });

  holds('a suspect stays one when it is given back, or cancelled and requeued', async (seam) => {
    const worker = await madeSuspect(seam, 1);
    await worker.end(await worker.takeOne(), { kind: 'released' });
    assert.equal((await seam.job('job-0')).suspect, true);
    await seam.call('cancel', ['job-0']);
    await seam.call('requeue', ['job-0']);
    assert.equal((await seam.job('job-0')).suspect, true);
    assert.deepEqual(await seam.counted(), { pending: 1 });
  });

  holds(
    'a suspect is found by its queue, its task and its workflow like any other job',
    async (seam) => {
      const workflow = { id: 'wf', name: 'wf' };
      await seam.call('enqueueWorkflow', { workflow, jobs: [newJob('a'), newJob('b')] });
      const worker = await seam.worker();
      const [first, second] = await worker.take(2);
      await worker.end(first!, after('suspected'));
      await worker.end(second!, completed);
      const { jobs } = (await seam.call('workflow', 'wf')) ?? assert.fail();
      assert.deepEqual([jobs.pending, jobs.completed, jobs.running], [1, 1, 0]);
      assert.deepEqual(await seam.counted(), { pending: 1, completed: 1 });
    },
  );
};

async function aheadOf(seam: Seam, id: string): Promise<readonly number[]> {
  const { ahead } = (await seam.call('standing', id)) ?? assert.fail();
  return [ahead.higher, ahead.earlier];
}

export const lines: Suite = (holds) => {
  holds('a suspect that is taken alone is behind other suspects only', async (seam) => {
    await madeSuspect(seam, 3);
    await seam.enqueue(newJob('urgent', { priority: 1 }), newJob('last'));
    assert.deepEqual(await aheadOf(seam, 'job-2'), [0, 2]);
    assert.deepEqual(await aheadOf(seam, 'urgent'), [0, 0]);
    assert.deepEqual(await aheadOf(seam, 'last'), [1, 0]);
  });

  holds('a suspect that is run apart stands in line with all others', async (seam) => {
    const worker = await madeSuspect(seam, 3);
    await worker.leave();
    await seam.enqueue(newJob('urgent', { priority: 1 }), newJob('last'));
    await seam.worker('apart', { moduleTasks: ['greet'] });
    assert.deepEqual(await aheadOf(seam, 'job-2'), [1, 2]);
    assert.deepEqual(await aheadOf(seam, 'last'), [1, 3]);
  });

  holds(
    'a suspect is told with the runs that were lost, and with the workers that run one',
    async (seam) => {
      const worker = await madeSuspect(seam, 2);
      await worker.end(await worker.takeOne(), after('suspected'));
      const running = await worker.takeOne();
      await seam.worker('other', { moduleTasks: ['greet'] });
      const standing = (await seam.call('standing', 'job-1')) ?? assert.fail();
      assert.deepEqual(
        standing.losses.map(({ number, status, error }) => [number, status, error]),
        [[1, 'lost', lost.error]],
      );
      assert.deepEqual(
        standing.workers.map(({ hasLoneSuspect }) => hasLoneSuspect),
        [true, false],
      );
      assert.equal(standing.holder, null);
      const held = await seam.call('standing', running.id);
      assert.deepEqual([held?.holder?.label, held?.losses.length], ['worker-w1', 2]);
    },
  );
};

export const crashes: Suite = (holds) => {
  holds(
    'a job whose process dies again and again fails with the third crash, and starts anew when it is requeued',
    async (seam) => {
      await seam.enqueue(newJob('a', { maxAttempts: 1 }));
      const worker = await seam.worker();
      for (let crash = 0; crash < 3; crash++)
        await worker.end(await worker.takeOne(), after('crashed'));
      const failedJob = await seam.job('a');
      assert.deepEqual([failedJob.status, failedJob.attempts, failedJob.crashes], ['failed', 0, 3]);
      const { executions } = await seam.call('executions', 'a');
      assert.deepEqual(
        executions.map(({ number, status }) => [number, status]),
        [1, 2, 3].map((number) => [number, 'lost']),
      );
      await seam.call('requeue', ['a']);
      const again = await seam.job('a');
      assert.deepEqual([again.status, again.crashes, again.suspect], ['pending', 0, true]);
    },
  );

  holds(
    'a job whose process dies again and again fails with the fifth lease that expires under it',
    async (seam) => {
      await seam.enqueue(newJob('a'));
      const worker = await seam.worker();
      for (let time = 0; time < 4; time++)
        await worker.end(await worker.takeOne(), after('expired'));
      assert.deepEqual((await seam.job('a')).expiries, 4);
      await worker.end(await worker.takeOne(), after('expired'));
      assert.equal(await seam.statusOf('a'), 'failed');
    },
  );

  holds(
    'a job whose process dies again and again is settled twice to the same effect',
    async (seam) => {
      await seam.enqueue(newJob('a'));
      const worker = await seam.worker();
      const job = await worker.takeOne();
      assert.equal(await worker.end(job, after('crashed')), 'settled');
      assert.equal(await worker.end(job, after('crashed')), 'duplicate');
      assert.equal((await seam.job('a')).crashes, 1);
    },
  );
};
