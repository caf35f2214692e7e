import assert from 'node:assert/strict';
import { decide, type Outcome } from '../../dist/core/decide.js';
import type { JobRecord, NewJob, Settlement } from '../../dist/core/job.js';
import {
  completed,
  failed,
  failedForGood,
  lost,
  newJob,
  newJobs,
  postponed,
  released,
  type Seam,
  type SeamWorker,
  timedOut,
} from '../helpers/store-seam.ts';
import type { Suite } from './contract.ts';

interface Ending {
  readonly outcome: Outcome;
  readonly job?: Partial<NewJob>;
  readonly becomes: Partial<JobRecord>;
  /** How long after the settlement the job is due, where that is to be looked at. */
  readonly dueMs?: number;
  readonly execution: string;
}

const error = { name: 'Error', message: 'it broke' };
const timeoutError = { name: 'TimeoutError', message: 'it took too long' };
const final = { slot: null, runAtMs: null } as const;

const endings: Readonly<Record<string, Ending>> = {
  'a result completes the job': {
    outcome: completed,
    becomes: { ...final, status: 'completed', attempts: 1, result: '"done"', error: null },
    execution: 'completed',
  },
  'an error with attempts left makes it ready again': {
    outcome: failed,
    becomes: { status: 'pending', attempts: 1, result: null, error, completedAtMs: null },
    execution: 'failed',
  },
  'an error and a retry delay schedule it': {
    outcome: failed,
    job: { retry: { delay: '10s' } },
    becomes: { status: 'scheduled', attempts: 1, error },
    dueMs: 10_000,
    execution: 'failed',
  },
  'an error in the last attempt fails it': {
    outcome: failed,
    job: { maxAttempts: 1 },
    becomes: { ...final, status: 'failed', attempts: 1, result: null, error },
    execution: 'failed',
  },
  'a fatal error fails it, whatever attempts are left': {
    outcome: failedForGood,
    becomes: { ...final, status: 'failed', attempts: 1, error },
    execution: 'failed',
  },
  'a time-out with attempts left makes it ready again': {
    outcome: timedOut,
    becomes: { status: 'pending', attempts: 1, error: timeoutError, completedAtMs: null },
    execution: 'timeout',
  },
  'a time-out of the last attempt ends it as timeout': {
    outcome: timedOut,
    job: { maxAttempts: 1 },
    becomes: { ...final, status: 'timeout', attempts: 1, error: timeoutError },
    execution: 'timeout',
  },
  'a handler that asks for later is not charged': {
    outcome: postponed(5000),
    becomes: { status: 'scheduled', attempts: 0, error: null },
    dueMs: 5000,
    execution: 'released',
  },
  'a job given back is ready and not charged': {
    outcome: released,
    becomes: { status: 'pending', attempts: 0, error: null, runAtMs: null },
    execution: 'released',
  },
  'a job whose worker is gone is ready and not charged': {
    outcome: lost,
    becomes: { status: 'pending', attempts: 0, runAtMs: null },
    execution: 'lost',
  },
};

export const settle: Suite = (holds) => {
  for (const [name, ending] of Object.entries(endings)) {
    holds(`settle records the execution, and ${name}`, async (seam) => {
      await seam.enqueue(newJob('a', ending.job));
      const worker = await seam.worker();
      const claimed = await worker.takeOne();
      await seam.clock.advance(250);
      assert.equal(await worker.end(claimed, ending.outcome), 'settled');
      await assertEnded(seam, claimed.startedAtMs, ending);
    });
  }

  holds('settle keeps an instant that the handler named', async (seam) => {
    const { worker, job } = await running(seam);
    const atMs = Date.UTC(2030, 0, 1);
    await worker.end(job, { kind: 'postponed', due: { atMs }, error: null });
    const record = await seam.job('a');
    assert.deepEqual([record.status, record.runAtMs], ['scheduled', atMs]);
  });

  holds('settle answers in the order of the settlements, each for itself', async (seam) => {
    await seam.enqueue(...newJobs(5));
    const worker = await seam.worker();
    const [a, b, c, d, e] = (await worker.take(5)).map((job) => decide(job, completed, 0));
    await worker.settle(b!);
    await seam.call('cancel', ['job-3']);
    const answers = await worker.settle(
      a!,
      b!,
      { ...c!, lease: { ...c!.lease, token: 1 } },
      d!,
      e!,
    );
    assert.deepEqual(answers, ['settled', 'duplicate', 'lost', 'lost', 'settled']);
    assert.deepEqual(await seam.counted(), { completed: 3, running: 1, cancelled: 1 });
  });

  holds('settle of one lease twice in a batch takes the first', async (seam) => {
    const { worker, job } = await running(seam);
    const [done, broken] = [decide(job, completed, 0), decide(job, failedForGood, 0)];
    assert.deepEqual(await worker.settle(done, done, broken), ['settled', 'duplicate', 'lost']);
    assert.equal(await seam.statusOf('a'), 'completed');
  });

  holds(
    'settle numbers the executions over the whole life of a job, without gaps',
    async (seam) => {
      await seam.enqueue(newJob('a'));
      const worker = await seam.worker();
      const outcomes = [released, failed, lost, postponed(0), failedForGood];
      for (const outcome of outcomes) await worker.end(await worker.takeOne(), outcome);
      await seam.call('requeue', ['a']);
      await worker.end(await worker.takeOne(), completed);
      const { executions } = await seam.call('executions', 'a');
      assert.deepEqual(
        executions.map(({ number, attempt, status }) => [number, attempt, status]),
        [
          [1, 1, 'released'],
          [2, 1, 'failed'],
          [3, 2, 'lost'],
          [4, 2, 'released'],
          [5, 2, 'failed'],
          [6, 1, 'completed'],
        ],
      );
    },
  );

  holds('settle of nothing answers nothing', async (seam) => {
    assert.deepEqual(await (await seam.worker()).settle(), []);
  });
};

async function assertEnded(seam: Seam, startedAtMs: number, ending: Ending): Promise<void> {
  const now = seam.clock.wall();
  const record = await seam.job('a');
  const isFinal = ['completed', 'failed', 'timeout'].includes(record.status);
  assert.partialDeepStrictEqual(record, {
    ...ending.becomes,
    updatedAtMs: now,
    startedAtMs,
    completedAtMs: isFinal ? now : null,
    ...(ending.dueMs !== undefined && { runAtMs: now + ending.dueMs }),
  });
  const execution = {
    number: 1,
    attempt: 1,
    slot: 'w-0',
    status: ending.execution,
    startedAtMs,
    completedAtMs: now,
    error: record.error,
  };
  assert.deepEqual(await seam.call('executions', 'a'), { count: 1, executions: [execution] });
  assert.deepEqual(await seam.counted(), { [record.status]: 1 });
}

interface Running {
  readonly worker: SeamWorker;
  readonly job: Awaited<ReturnType<SeamWorker['takeOne']>>;
}

async function running(seam: Seam): Promise<Running> {
  await seam.enqueue(newJob('a'));
  const worker = await seam.worker();
  return { worker, job: await worker.takeOne() };
}

/** What can have come between a worker and its job, and how the job then stands. */
const takings: Readonly<Record<string, (seam: Seam, running: Running) => Promise<unknown>>> = {
  'its worker was held for dead': async (_, { worker }) => {
    await worker.reap();
  },
  'it was given to another worker': async (seam, { worker }) => {
    await worker.reap();
    await (await seam.worker('w2')).takeOne();
  },
  'another worker completed it': async (seam, { worker }) => {
    await worker.reap();
    const other = await seam.worker('w2');
    await other.end(await other.takeOne(), completed);
  },
  'it was cancelled': (seam) => seam.call('cancel', ['a']),
  'it was cancelled and requeued': async (seam) => {
    await seam.call('cancel', ['a']);
    await seam.call('requeue', ['a']);
  },
  'it was cancelled, requeued and claimed again by the same worker': async (seam, { worker }) => {
    await seam.call('cancel', ['a']);
    await seam.call('requeue', ['a']);
    await worker.takeOne();
  },
  'it was cancelled and cleared': async (seam) => {
    await seam.call('cancel', ['a']);
    await seam.call('prune', { before: null, after: null });
  },
};

export const fences: Suite = (holds) => {
  const late = { completed, failed, failedForGood, timedOut, released, postponed: postponed(5) };
  for (const [how, take] of Object.entries(takings)) {
    holds(`settle with a lost lease changes nothing and says lost: ${how}`, async (seam) => {
      const begun = await running(seam);
      await take(seam, begun);
      const before = await seam.everything();
      await seam.clock.advance(5);
      for (const [name, outcome] of Object.entries(late)) {
        assert.equal(await begun.worker.end(begun.job, outcome), 'lost', name);
      }
      assert.deepEqual(await seam.everything(), before);
    });
  }

  holds('settle with a lease that was never given changes nothing and says lost', async (seam) => {
    const { worker, job } = await running(seam);
    const before = await seam.everything();
    const { lease } = job;
    const forged = [
      { ...lease, token: lease.token + 1 },
      { ...lease, seq: lease.seq + 1 },
    ];
    for (const wrong of forged) {
      assert.equal(await worker.end({ ...job, lease: wrong }, completed), 'lost');
    }
    assert.deepEqual(await seam.everything(), before);
  });

  for (const [name, { outcome, job }] of Object.entries(endings)) {
    holds(`settle sent twice is a duplicate and changes nothing: ${name}`, async (seam) => {
      await seam.enqueue(newJob('a', job));
      const worker = await seam.worker();
      const settlement = decide(await worker.takeOne(), outcome, 0);
      await worker.settle(settlement);
      await assertDuplicate(seam, worker, settlement);
      await seam.clock.advance(60_000);
      await seam.call('requeue', ['a']);
      await worker.claim();
      await assertDuplicate(seam, worker, settlement);
    });
  }

  holds('settle with another ending than the first changes nothing and says lost', async (seam) => {
    const { worker, job } = await running(seam);
    await worker.end(job, completed);
    const before = await seam.everything();
    assert.equal(await worker.end(job, failed), 'lost');
    assert.equal(await worker.end(job, lost), 'lost');
    assert.deepEqual(await seam.everything(), before);
  });

  holds(
    'a job that its worker ends before the reaper does is ended once, by its worker',
    async (seam) => {
      const { worker, job } = await running(seam);
      const [taken] = await seam.call('expired', await worker.sighting());
      assert.equal(await worker.end(job, completed), 'settled');
      const before = await seam.everything();
      assert.deepEqual(await worker.settle(decide(taken!, lost, 0)), ['lost']);
      assert.deepEqual(await seam.everything(), before);
    },
  );

  holds('the reaper settles by the lease that it took, and only once', async (seam) => {
    const { worker } = await running(seam);
    const sighting = await worker.sighting();
    const first = await seam.call('expired', sighting);
    const second = await seam.call('expired', sighting);
    assert.deepEqual(first, second);
    const settlement = decide(first[0]!, lost, 0);
    assert.deepEqual(await worker.settle(settlement), ['settled']);
    assert.deepEqual(await worker.settle(decide(second[0]!, lost, 0)), ['duplicate']);
    assert.deepEqual(await seam.counted(), { pending: 1 });
  });
};

async function assertDuplicate(
  seam: Seam,
  worker: SeamWorker,
  settlement: Settlement,
): Promise<void> {
  const before = await seam.everything();
  assert.deepEqual(await worker.settle(settlement), ['duplicate']);
  assert.deepEqual(await seam.everything(), before);
}

export const progress: Suite = (holds) => {
  const report = { done: 3, total: 10, message: 'a third' };

  holds('progress of a running job can be seen', async (seam) => {
    const { job } = await running(seam);
    await seam.clock.advance(5);
    const reports = [{ lease: job.lease, progress: report }];
    assert.deepEqual(await seam.call('progress', reports), [true]);
    const record = await seam.job('a');
    assert.deepEqual([record.progress, record.updatedAtMs], [report, seam.clock.wall()]);
  });

  holds('progress is answered in the order of the reports', async (seam) => {
    await seam.enqueue(...newJobs(3));
    const jobs = await (await seam.worker()).take(3);
    await seam.call('cancel', ['job-1']);
    const reports = jobs.map(({ lease }) => ({ lease, progress: report }));
    assert.deepEqual(await seam.call('progress', reports), [true, false, true]);
  });

  for (const [how, take] of Object.entries(takings)) {
    holds(`progress with a lost lease changes nothing and says so: ${how}`, async (seam) => {
      const begun = await running(seam);
      await take(seam, begun);
      const before = await seam.everything();
      const reports = [{ lease: begun.job.lease, progress: report }];
      assert.deepEqual(await seam.call('progress', reports), [false]);
      assert.deepEqual(await seam.everything(), before);
    });
  }

  holds('progress after the end changes nothing, and what was reported stays', async (seam) => {
    const { worker, job } = await running(seam);
    await seam.call('progress', [{ lease: job.lease, progress: report }]);
    await worker.end(job, completed);
    const late = [{ lease: job.lease, progress: { ...report, done: 9 } }];
    assert.deepEqual(await seam.call('progress', late), [false]);
    assert.deepEqual((await seam.job('a')).progress, report);
  });

  holds('progress of an attempt is not taken for that of the next', async (seam) => {
    const { worker, job } = await running(seam);
    await seam.call('progress', [{ lease: job.lease, progress: report }]);
    await worker.end(job, failed);
    await worker.takeOne();
    assert.equal((await seam.job('a')).progress, null);
  });
};
