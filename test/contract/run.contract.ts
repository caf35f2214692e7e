import assert from 'node:assert/strict';
import { decide } from '../../dist/core/decide.js';
import type { Answer } from '../../dist/store/store.js';
import {
  anyJob,
  completed,
  newJob,
  newJobs,
  noSuspects,
  replyOf,
  runAll,
  type Seam,
  unit,
} from '../helpers/store-seam.ts';
import { child, runEverything } from '../helpers/store-parents.ts';
import type { Suite } from './contract.ts';

function codeOf(answer: Answer | undefined): unknown {
  return answer?.ok === false ? (answer.error as { code?: unknown }).code : 'answered';
}

const unstorable = newJob('bad', { priority: 'high' as unknown as number });

export const run: Suite = (holds) => {
  holds('units that come together are each answered, in their places', async (seam) => {
    const units = [
      unit('enqueue', [newJob('a')]),
      unit('get', 'a'),
      unit('cancel', ['a', 'b']),
      unit('counts', null),
    ];
    const answers = await runAll(seam.store, units);
    assert.deepEqual(answers[0], { ok: true, reply: ['stored'] });
    assert.equal(replyOf(answers[1], 'get')?.status, 'pending');
    assert.deepEqual(answers[2], { ok: true, reply: [true, false] });
    assert.equal(replyOf(answers[3], 'counts').cancelled, 1);
  });

  holds('submits that come together are each answered by what was stored before', async (seam) => {
    const [early, parent, late, again, other] = await runAll(
      seam.store,
      [[child('c', ['p'])], [newJob('p'), newJob('q')], [child('c', ['p'])]]
        .concat([[child('c', ['p'])], [newJob('x'), child('c', ['q'])]])
        .map((jobs) => unit('enqueue', jobs)),
    );
    assert.equal(codeOf(early), 'parent_missing');
    assert.deepEqual(replyOf(parent, 'enqueue'), ['stored', 'stored']);
    assert.deepEqual(replyOf(late, 'enqueue'), ['stored']);
    assert.deepEqual(replyOf(again, 'enqueue'), ['duplicate']);
    assert.equal(codeOf(other), 'invalid_option');
    assert.equal(await seam.call('get', 'x'), null);
    assert.deepEqual(await runEverything(await seam.worker()), ['p', 'q', 'c']);
  });

  holds("every read sees its caller's earlier writes, awaited or not", async (seam) => {
    await seam.enqueue(...newJobs(2));
    const worker = await seam.worker();
    const [job] = await worker.take(1);
    const settlement = decide(job!, completed, 0);
    const list = {
      ...anyJob,
      limit: 10,
      before: null,
    };
    const writesAndReads = [
      unit('enqueue', [newJob('new', { queue: 'new' })]),
      unit('settle', [settlement]),
      unit('cancel', ['job-1']),
      unit('list', list),
      unit('counts', null),
      unit('outcomes', ['new', 'job-0', 'job-1']),
      unit('executions', 'job-0'),
      unit('held', worker.key),
      unit('claim', {
        worker: worker.key,
        tasks: ['greet'],
        queues: ['new'],
        slots: ['w-0'],
        ...noSuspects,
      }),
    ];
    const answers = await runAll(seam.store, writesAndReads);
    assert.equal(replyOf(answers[3], 'list').jobs.length, 3);
    const { pending, completed: done, cancelled } = replyOf(answers[4], 'counts');
    assert.deepEqual([pending, done, cancelled], [1, 1, 1]);
    const outcomes = replyOf(answers[5], 'outcomes');
    assert.deepEqual(outcomes[0], 'unfinished');
    assert.equal(replyOf(answers[6], 'executions').executions[0]?.status, 'completed');
    assert.deepEqual(replyOf(answers[7], 'held'), []);
    assert.deepEqual(
      replyOf(answers[8], 'claim').jobs.map(({ id }) => id),
      ['new'],
    );
  });

  holds('a unit that is refused is rejected alone', async (seam) => {
    const list = {
      ...anyJob,
      limit: 1,
    };
    const answers = await runAll(seam.store, [
      unit('enqueue', [newJob('a')]),
      unit('enqueue', newJobs(50_001)),
      unit('list', { ...list, before: { id: 'nobody' } }),
      unit('enqueue', [newJob('b')]),
    ]);
    assert.deepEqual(answers.map(codeOf), ['answered', 'too_large', 'job_not_found', 'answered']);
    assert.deepEqual(await seam.counted(), { pending: 2 });
  });

  holds('a unit that breaks halfway is rejected alone, and nothing of it stays', async (seam) => {
    const answers = await runAll(seam.store, [
      unit('enqueue', [newJob('a', { queue: 'one' })]),
      unit('enqueue', [newJob('x', { queue: 'two' }), unstorable], { caller: 2 }),
      unit('enqueue', [newJob('b', { queue: 'two' })], { caller: 3 }),
    ]);
    assert.deepEqual(
      answers.map(({ ok }) => ok),
      [true, false, true],
    );
    assert.deepEqual(await seam.counted(), { pending: 2 });
    assert.equal((await seam.job('b')).queue, 'two');
    const worker = await seam.worker();
    assert.equal((await worker.take(5)).length, 2);
  });

  holds('a unit asked for from within an answer is answered as well, once', async (seam) => {
    const replies: unknown[] = [];
    await new Promise<void>((resolve) => {
      const again = (_: number, answer: Answer): void => {
        replies.push(answer.ok);
        if (replies.length === 3) resolve();
        else seam.store.run([unit('enqueue', [newJob(`job-${replies.length}`)])], again);
      };
      seam.store.run([unit('enqueue', [newJob('job-0')])], again);
    });
    assert.deepEqual(replies, [true, true, true]);
    assert.deepEqual(await seam.counted(), { pending: 3 });
  });

  holds('a thousand units of many callers come to a thousand answers', async (seam) => {
    const units = newJobs(1000).map((job, index) => unit('enqueue', [job], { caller: index % 7 }));
    const answers = await runAll(seam.store, units);
    assert.ok(answers.every(({ ok }) => ok));
    assert.deepEqual(await seam.counted(), { pending: 1000 });
  });
};

async function heard(seam: Seam, act: () => Promise<unknown>): Promise<readonly string[]> {
  const events: string[] = [];
  const listen = ({ type }: { readonly type: string }): void => {
    events.push(type);
  };
  const ends = (['work', 'change'] as const).map((interest) =>
    seam.store.subscribe(interest, listen),
  );
  await act();
  for (const end of ends) end();
  return events;
}

export const hints: Suite = (holds) => {
  holds(
    'work is heard of when a job is stored, comes back, or is cancelled while it runs',
    async (seam) => {
      assert.ok((await heard(seam, () => seam.enqueue(newJob('a')))).includes('work'));
      const worker = await seam.worker();
      const job = await worker.takeOne();
      assert.ok((await heard(seam, () => worker.end(job, { kind: 'released' }))).includes('work'));
      await worker.takeOne();
      assert.ok((await heard(seam, () => seam.call('cancel', ['a']))).includes('work'));
      assert.ok((await heard(seam, () => seam.call('requeue', ['a']))).includes('work'));
    },
  );

  holds('a change is heard of when a job ends', async (seam) => {
    await seam.enqueue(...newJobs(2));
    const worker = await seam.worker();
    const job = await worker.takeOne();
    assert.ok((await heard(seam, () => worker.end(job, completed))).includes('change'));
    assert.ok((await heard(seam, () => seam.call('cancel', ['job-1']))).includes('change'));
  });

  holds(
    'nothing is heard of a call that changes nothing, or after the end of a subscription',
    async (seam) => {
      await seam.enqueue(newJob('a'));
      const nothing = await heard(seam, async () => {
        await seam.enqueue(newJob('a'));
        await seam.call('cancel', ['nobody']);
        await seam.call('get', 'a');
      });
      assert.deepEqual(nothing, []);
      await heard(seam, () => Promise.resolve());
      await seam.enqueue(newJob('b'));
    },
  );
};
