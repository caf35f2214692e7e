// Errors that nobody awaits: pinned on the job in whose context they were raised, or none of a worker's business.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Job } from 'gigq';
import { found, place } from '../helpers/worker-place.ts';
import { WorkerProcess } from '../helpers/worker-process.ts';

async function run(t: TestContext, what: string, ...jobs: readonly Job[]): Promise<WorkerProcess> {
  const here = place(t);
  await here.queue.submitMany(jobs);
  return WorkerProcess.run(t, 'faulty.ts', here.database, what);
}

function job(task: string, params = {}): Job {
  return new Job({ task, params, maxAttempts: 1 });
}

describe('an error that a handler leaves to nobody', { concurrency: true }, () => {
  const faults: readonly (readonly [string, string])[] = [
    ['floating', 'a floating rejection'],
    ['timer', 'a throw from a timer'],
    ['emitter', 'an error event without a listener'],
    ['nothing', 'a throw of nothing'],
  ];
  for (const [task, title] of faults) {
    it(`fails its job and nothing else: ${title}`, async (t) => {
      const worker = await run(t, '', job(task), job('innocent', { ms: 300 }));
      const failed = `failed ${task}: ${task === 'nothing' ? 'undefined' : task}`;
      await worker.said(failed);
      await worker.said('completed innocent');
      assert.deepEqual(worker.lines.toSorted(), ['completed innocent', failed]);
    });
  }

  const listeners = { throws: 'that throws', rejects: 'that rejects', timer: 'whose timer throws' };
  for (const [name, title] of Object.entries(listeners)) {
    it(`is no other end for a job whose time is up: a listener of its signal ${title}`, async (t) => {
      const late = { task: `listener-${name}`, maxAttempts: 1, timeout: '50ms' } as const;
      const worker = await run(t, '', new Job(late), job('innocent', { ms: 400 }));
      await worker.said(`timeout ${late.task}`);
      await worker.said('completed innocent');
      const lines = ['completed innocent', `timeout ${late.task}`];
      assert.deepEqual(worker.lines.toSorted(), lines);
    });
  }

  it('is logged if its job has ended', async (t) => {
    const worker = await run(t, '', job('afterwards'));
    const late = 'logged A handler failed after its attempt had ended: afterwards';
    await worker.said(late);
    // A machine that is busy may record the end of the job after the timer of its handler.
    await worker.said('completed afterwards');
    assert.deepEqual(worker.lines.toSorted(), ['completed afterwards', late]);
  });

  for (const what of ['drained', 'processed']) {
    it(`is logged although the run is over, until the worker is closed: ${what}`, async (t) => {
      const worker = await run(t, what, job('afterwards'));
      await worker.said('still there');
      const late = 'logged A handler failed after its attempt had ended: afterwards';
      assert.equal(worker.lines.at(-1), 'still there');
      // A machine that is busy may record the end of the job after the timer of its handler.
      const lines = ['completed afterwards', what, late, 'still there'];
      assert.deepEqual(worker.lines.toSorted(), lines.toSorted());
    });
  }

  it('is logged if a listener of the worker left it', async (t) => {
    const worker = await run(t, 'listener', job('innocent'));
    await worker.said('logged A listener of the worker failed: listener');
    assert.deepEqual(worker.lines.slice(0, 1), ['completed innocent']);
  });
});

describe('an error that is not of a job', { concurrency: true }, () => {
  for (const what of ['foreign error', 'foreign rejection']) {
    it(`ends the process as it would have without a worker: ${what}`, async (t) => {
      const worker = await run(t, what, job('innocent', { ms: 10_000 }));
      const { code } = await worker.exit();
      assert.equal(code, 1);
      assert.match(worker.stderr, new RegExp(`Error: ${what}`, 'u'));
    });
  }

  for (const what of ['heard error', 'heard rejection']) {
    it(`is left to the program if that listens: ${what}`, async (t) => {
      const worker = await run(t, what, job('innocent', { ms: 300 }));
      await worker.said('completed innocent');
      assert.deepEqual(worker.lines, [`heard ${what}`, 'completed innocent']);
    });
  }

  it('is not listened for while no worker runs', async (t) => {
    const worker = await run(t, 'stopped', job('innocent'));
    assert.equal((await worker.exit()).code, 1);
    await found(() => /Error: stopped/u.test(worker.stderr), 'the error');
  });
});
