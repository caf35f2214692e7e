import assert from 'node:assert/strict';
import { completed, failedForGood, newJob, newJobs } from '../helpers/store-seam.ts';
import { child } from '../helpers/store-parents.ts';
import type { Suite } from './contract.ts';

export const inputs: Suite = (holds) => {
  holds('a running job is told how its parents ended, in their order', async (seam) => {
    const references = [{ path: ['b'], kind: 'settled' }] as const;
    const list = [
      { id: 'b', references },
      { id: 'd', references: [] },
      { id: 'a', references: [] },
    ];
    const waiting = { list, onFailure: 'run', passResults: true } as const;
    await seam.enqueue(newJob('a'), newJob('b'), newJob('d'), newJob('c', { parents: waiting }));
    const worker = await seam.worker();
    const [a, b, d] = await worker.take(3);
    await worker.end(a ?? assert.fail(), { kind: 'completed', result: '[1]' });
    await worker.end(b ?? assert.fail(), failedForGood);
    await worker.end(d ?? assert.fail(), failedForGood);
    const { lease } = await worker.takeOne();
    const [reply] = await seam.call('inputs', [lease]);
    const error = { name: 'Error', message: 'it broke' };
    const bad = { status: 'failed', result: null } as const;
    assert.deepEqual(reply, {
      passResults: true,
      parents: [
        { id: 'b', ...bad, error, references },
        { id: 'd', ...bad, error: null, references: [] },
        { id: 'a', status: 'completed', result: '[1]', error: null, references: [] },
      ],
    });
  });

  holds('a claim brings few inputs along; for more it is to be asked', async (seam) => {
    const many = newJobs(17, { priority: 1 });
    await seam.enqueue(
      ...many,
      child('few', ['job-0']),
      child(
        'more',
        many.map(({ id }) => id),
      ),
    );
    await seam.enqueue(newJob('large', { priority: 1 }), child('big', ['large']), newJob('none'));
    const worker = await seam.worker();
    const large = JSON.stringify('x'.repeat(20_000));
    for (const job of await worker.take(18)) {
      const result = job.id === 'large' ? large : '1';
      await worker.end(job, { kind: 'completed', result });
    }
    const claimed = new Map((await worker.take(9)).map((job) => [job.id, job.inputs]));
    const parent = { id: 'job-0', status: 'completed', result: '1', error: null, references: [] };
    assert.deepEqual(claimed.get('few'), { passResults: true, parents: [parent] });
    assert.equal(claimed.get('more'), 'ask');
    assert.equal(claimed.get('big'), 'ask');
    assert.equal(claimed.get('none'), null);
  });

  holds('without passing results only parents that are referred to are told of', async (seam) => {
    const references = [{ path: ['x', 0], kind: 'result' }] as const;
    const list = [
      { id: 'a', references: [] },
      { id: 'b', references },
    ];
    const waiting = { list, onFailure: 'cancel', passResults: false } as const;
    await seam.enqueue(newJob('a'), newJob('b'), newJob('c', { parents: waiting }));
    const worker = await seam.worker();
    for (const job of await worker.take(2)) await worker.end(job, completed);
    const [reply] = await seam.call('inputs', [(await worker.takeOne()).lease]);
    assert.deepEqual(reply, {
      passResults: false,
      parents: [{ id: 'b', status: 'completed', result: '"done"', error: null, references }],
    });
  });

  holds('results of over 16 MiB together are not told', async (seam) => {
    const large = newJobs(17);
    const ids = large.map(({ id }) => id);
    await seam.enqueue(...large, child('c', ids));
    const worker = await seam.worker();
    const result = JSON.stringify('x'.repeat(1_000_000));
    for (const job of await worker.take(17)) await worker.end(job, { kind: 'completed', result });
    assert.deepEqual(await seam.call('inputs', [(await worker.takeOne()).lease]), ['too_large']);
  });

  holds('a lost lease is told nothing, and a parent that runs again is said', async (seam) => {
    await seam.enqueue(newJob('p'), child('c', ['p'], 'run'));
    const worker = await seam.worker();
    await worker.end(await worker.takeOne(), failedForGood);
    const { lease } = await worker.takeOne();
    await seam.call('requeue', ['p']);
    assert.deepEqual(await seam.call('inputs', [lease]), ['unfinished']);
    await seam.call('cancel', ['c']);
    assert.deepEqual(await seam.call('inputs', [lease]), ['lost']);
  });
};
