// Who works on a database, and on what: workers that live, stop, are silent and are lost.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Job, task, type WorkerInfo } from 'gigq';
import { storeOf } from '../../dist/client/job-queue.js';
import { supervisorVariable } from '../../dist/worker/identity.js';
import { newWorker } from '../helpers/store-seam.ts';
import { Effects, found, Gate, next, type Place, place } from '../helpers/worker-place.ts';
import { WorkerProcess } from '../helpers/worker-process.ts';

let gate = new Gate();
const held = task('workers.held', async () => gate.passed);

async function only({ queue }: Place): Promise<WorkerInfo> {
  const [worker, ...others] = await queue.workers();
  assert.deepEqual(others, []);
  return worker ?? assert.fail('There is no worker');
}

describe('workers', () => {
  it('tell what they run, in which slot and since when', async (t) => {
    const here = place(t);
    gate = new Gate();
    const worker = await here.started({ workerId: 'busy', concurrency: 2, tasks: [held] });
    assert.deepEqual((await only(here)).jobs, []);
    const started = next(worker, 'started');
    const handle = await held.submit(here.queue, {}, { name: 'First' });
    const [{ startedAt }] = await started;
    const { jobs, running, state, silent, leaseDuration } = await only(here);
    assert.deepEqual([running, state, silent, leaseDuration], [1, 'active', false, '30s']);
    const [job] = jobs;
    assert.partialDeepStrictEqual(job, { id: handle.id, name: 'First', task: 'workers.held' });
    assert.match(job?.slot ?? '', /^busy-[01]$/u);
    assert.deepEqual(job?.startedAt, startedAt);
    gate.open();
    await handle.result();
    assert.deepEqual((await only(here)).jobs, []);
  });

  it('tell that they are stopping while a handler ends', async (t) => {
    const here = place(t);
    gate = new Gate();
    const worker = await here.started({ tasks: [held] });
    const started = next(worker, 'started');
    await held.submit(here.queue);
    await started;
    const stopped = worker.stop();
    await found(async () => (await only(here)).state === 'stopping', 'the worker that stops');
    assert.equal((await only(here)).jobs.length, 1);
    gate.open();
    await stopped;
  });

  it('are silent once their lease is over, and lost once their jobs are taken', async (t) => {
    const here = place(t);
    const effects = new Effects(join(here.folder, 'effects'));
    const options = { workerId: 'victim', leaseDuration: '1s' } as const;
    const victim = await WorkerProcess.start(t, here.database, options);
    const params = { effects: effects.path };
    const { id } = await here.queue.submit(new Job({ task: 'ignore', params }));
    await found(() => effects.lines.length > 0, 'the handler');
    victim.signal('SIGKILL');
    await victim.exit();
    await found(async () => (await only(here)).silent, 'the silence');
    const { state, jobs } = await only(here);
    assert.deepEqual([state, jobs.map((job) => job.id)], ['active', [id]]);

    await here.started({ workerId: 'heir', tasks: [held] });
    await found(async () => (await here.queue.getStatus(id))?.status === 'pending', 'the reaper');
    const [lost, heir] = await here.queue.workers();
    assert.deepEqual([lost?.state, lost?.silent, lost?.jobs], ['lost', false, []]);
    assert.deepEqual([heir?.state, heir?.silent], ['active', false]);
    assert.partialDeepStrictEqual(await here.queue.getStatus(id), {
      crashes: 1,
      expiredLeases: 0,
      suspect: true,
    });
  });

  it('of a service leave the dead to the service for half a second, which knows what has ended them', async (t) => {
    const here = place(t);
    const effects = new Effects(join(here.folder, 'effects'));
    const victim = await WorkerProcess.start(t, here.database);
    const params = { effects: effects.path };
    const { id } = await here.queue.submit(new Job({ task: 'ignore', params }));
    await found(() => effects.lines.length > 0, 'the handler');
    victim.signal('SIGKILL');
    await victim.exit();

    process.env[supervisorVariable] = String(process.ppid);
    t.after(() => delete process.env[supervisorVariable]);
    await here.started({ workerId: 'sibling', tasks: [held] });
    await found(async () => (await here.queue.getStatus(id))?.status === 'pending', 'the reaper');
    const sibling = (await here.queue.workers()).find((worker) => worker.id === 'sibling');
    const [lost] = (await here.queue.getStatus(id))?.executions ?? [];
    const tookMs = Number(lost?.completedAt) - Number(sibling?.startedAt);
    assert.ok(tookMs >= 500, `it took the job after ${tookMs} ms`);
  });

  it('are told apart by their lives, whatever their labels', async (t) => {
    const here = place(t);
    const store = storeOf(here.queue);
    for (const instance of ['one', 'other'])
      await store.call('register', newWorker(instance, { label: 'twin', tasks: ['twins'] }));
    const { id } = await here.queue.submit(new Job({ task: 'twins' }));
    const worker = { instance: 'other', epoch: 1 };
    const wanted = { tasks: ['twins'], queues: null, apart: [], oneSuspect: true };
    await store.call('claim', { worker, slots: ['twin'], ...wanted });
    const [one, other] = await here.queue.workers();
    assert.deepEqual([one?.jobs, other?.jobs.map((job) => job.id)], [[], [id]]);
  });
});
