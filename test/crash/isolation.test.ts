// Handlers in processes and threads of their own: what they are given, and that they can be stopped.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  Job,
  type JobHandle,
  type JobOptions,
  type JobDetails,
  type Logger,
  type Worker,
  type WorkerOptions,
} from 'gigq';
import { returned, thrown } from '../fixtures/worker/bad-values.ts';
import type { IsolatedTask } from '../fixtures/worker/isolated.ts';
import { Effects, found, next, place, type Place } from '../helpers/worker-place.ts';

const fixtures = join(import.meta.dirname, '../fixtures/worker');
const tasks = [join(fixtures, 'isolated.ts')];
const values = join(fixtures, 'isolated-values.ts');
const failsElsewhere = join(fixtures, 'fails-elsewhere.ts');
const graceMs = 5000;

interface Entry {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string | undefined;
}

interface Bench {
  readonly here: Place;
  readonly worker: Worker;
  readonly effects: Effects;
  readonly log: readonly Entry[];
  submit(task: IsolatedTask, params?: object, options?: JobOptions): Promise<JobHandle<unknown>>;
}

async function bench(
  t: TestContext,
  isolation: 'process' | 'thread',
  options: WorkerOptions = {},
): Promise<Bench> {
  const here = place(t);
  const effects = new Effects(join(here.folder, 'effects'));
  const log: Entry[] = [];
  const worker = await here.started({ tasks, concurrency: 2, logger: collecting(log), ...options });
  const submit = (
    task: IsolatedTask,
    params = {},
    job: JobOptions = {},
  ): Promise<JobHandle<unknown>> =>
    here.queue.submit(
      new Job({
        task: `${isolation}.${task}`,
        params: { effects: effects.path, ...params },
        maxAttempts: 1,
        ...job,
      }),
    );
  return { here, worker, effects, log, submit };
}

function collecting(log: Entry[]): Logger {
  const method =
    (level: string): Logger['info'] =>
    (first: object | string, message?: string) => {
      const fields = typeof first === 'string' ? {} : (first as Entry['fields']);
      log.push({ level, fields, message: typeof first === 'string' ? first : message });
    };
  return {
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
  };
}

async function executionOf({ here }: Bench, { id }: JobHandle<unknown>) {
  const info = await here.queue.getStatus(id);
  const [execution] = info?.executions.toReversed() ?? [];
  const tookMs = Number(execution?.completedAt) - Number(execution?.startedAt);
  return { status: execution?.status, tookMs, info };
}

function began({ effects }: Bench): number {
  return effects.lines.filter((line) => line.startsWith('began ')).length;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

interface Where {
  readonly pid: number;
  readonly thread: number;
}

for (const isolation of ['process', 'thread'] as const) {
  describe(`a handler in a ${isolation}`, { concurrency: 3 }, () => {
    it('runs there, and the next one runs there again', async (t) => {
      const { submit } = await bench(t, isolation, { concurrency: 1 });
      const first = (await (await submit('where')).result()) as Where;
      const second = (await (await submit('where')).result()) as Where;
      assert.deepEqual(first, second);
      assert.equal(first.pid === process.pid, isolation === 'thread');
      assert.equal(first.thread === 0, isolation === 'process');
    });

    it('is given the same context as on the event loop', async (t) => {
      const at = await bench(t, isolation, { workerId: 'here' });
      const parent = await at.submit('where');
      const where = await parent.result();
      const told = next(at.worker, 'completed');
      const child = await at.submit('context', { n: 1 }, { dependencies: [parent.id] });
      const result = (await child.result()) as Record<string, unknown>;
      assert.partialDeepStrictEqual(result, {
        params: { n: 1 },
        id: child.id,
        attempt: 1,
        name: `${isolation}.context`,
        parentResults: { [parent.id]: where },
      });
      assert.match(String(result['workerId']), /^here-[01]$/u);
      await told;
      const { info } = await executionOf(at, child);
      assert.deepEqual(info?.progress, { done: 1, total: 2, message: 'half way' });
      const entry = at.log.find(({ message }) => message === 'said by the handler');
      const fields = entry?.fields ?? assert.fail();
      assert.partialDeepStrictEqual(fields, { jobId: child.id, attempt: 1, n: 1 });
      assert.equal((fields['err'] as Error).message, 'told');
    });

    it('fails by what it throws, with its cause', async (t) => {
      const at = await bench(t, isolation);
      const failed = next(at.worker, 'failed');
      const { id } = await at.submit('fails');
      const [job, error] = await failed;
      assert.deepEqual([job.id, error.name, error.message], [id, 'TypeError', 'broken']);
      assert.equal(job.error?.cause?.message, 'by this');
    });

    it('learns why it is to stop', async (t) => {
      const at = await bench(t, isolation);
      const timedOut = await at.submit('obeys', {}, { timeout: '300ms' });
      const cancelled = await at.submit('obeys');
      await found(() => began(at) === 2, 'both to begin');
      const askedAtMs = performance.now();
      await cancelled.cancel();
      await found(
        () => at.effects.lines.filter((line) => /^(?:timeout|cancelled) /u.test(line)).length === 2,
        'both to hear',
      );
      assert.ok(performance.now() - askedAtMs < 2000);
      await found(async () => (await timedOut.status()) === 'timeout', 'its record');
      assert.equal(await cancelled.status(), 'cancelled');
    });

    it('is ended at the end of its grace if it loops for ever; its neighbour is not disturbed', async (t) => {
      const at = await bench(t, isolation);
      const endless = await at.submit('endless', {}, { timeout: '300ms' });
      const { id: neighbour } = await at.submit('obeys');
      const timeout = next(at.worker, 'timeout');
      await timeout;
      await (await at.submit('where')).result({ timeout: '10s' });
      const { status, tookMs } = await executionOf(at, endless);
      assert.equal(status, 'timeout');
      assert.ok(tookMs > graceMs + 300, `it took ${tookMs} ms`);
      assert.ok(tookMs < graceMs + 6000, `it took ${tookMs} ms`);
      assert.equal(await at.here.queue.get(neighbour).status(), 'running');
    });

    it('is ended within a regular expression that does not come to an end', async (t) => {
      const at = await bench(t, isolation);
      const job = await at.submit('backtracks', {}, { timeout: '100ms' });
      await assert.rejects(job.result(), { code: 'job_failed' });
      assert.equal((await executionOf(at, job)).status, 'timeout');
    });

    it('is given back by a worker that stops, without an attempt, and stopped', async (t) => {
      const at = await bench(t, isolation);
      const job = await at.submit('endless');
      await found(() => at.effects.lines.length === 1, 'it to begin');
      await at.worker.stop({ timeout: '0ms' });
      const { status, info } = await executionOf(at, job);
      assert.deepEqual([status, info?.status, info?.attempts], ['released', 'pending', 0]);
      const pid = Number(at.effects.lines[0]?.split(' ')[2]);
      if (isolation === 'process') await found(() => !isAlive(pid), 'its process to end');
    });

    it('that ends what it runs in is a crash, with the reason, and fails after three', async (t) => {
      const at = await bench(t, isolation);
      const job = await at.submit('ends', { how: 'exit3' });
      await assert.rejects(job.result(), /ended the process .* 3 times.* exited with code 3$/u);
      const { info } = await executionOf(at, job);
      assert.deepEqual([info?.attempts, info?.executions.length], [0, 3]);
      assert.ok(info?.executions.every(({ status }) => status === 'lost'));
    });

    it('that takes more memory than it may is ended, and told so', async (t) => {
      const at = await bench(t, isolation);
      const job = await at.submit('leaks');
      await assert.rejects(job.result(), { code: 'job_failed' });
      const { info } = await executionOf(at, job);
      assert.equal(info?.executions.length, 3);
      for (const { error } of info.executions)
        assert.match(
          error?.message ?? '',
          /t[ao]\w+ more memory than its limit of (?:200|48) MiB/u,
        );
    });

    it('leaves nothing behind that the next one would come upon', async (t) => {
      const at = await bench(t, isolation, { concurrency: 1 });
      const before = await (await at.submit('state')).result();
      const ways =
        isolation === 'process' ? ['directory', 'environment', 'child', 'files'] : ['environment'];
      for (const how of ways) {
        const spoilt = await at.submit('spoils', { how });
        await spoilt.result().catch(() => undefined);
        const state = await (await at.submit('state')).result();
        assert.partialDeepStrictEqual(
          state,
          { cwd: process.cwd(), path: process.env['PATH'] },
          how,
        );
        assert.notDeepEqual(state, before);
      }
    });

    it('fails by what it leaves to nobody, and is followed by another', async (t) => {
      const at = await bench(t, isolation, { concurrency: 1 });
      const floating = await at.submit('floats');
      await assert.rejects(floating.result(), /floated/u);
      const first = (await (await at.submit('strays', { ms: 0 })).result()) as Where;
      await found(
        () => at.log.some(({ message }) => message?.includes('after its attempt')),
        'the error',
      );
      const second = (await (await at.submit('where')).result()) as Where;
      assert.notDeepEqual(first, second);
    });
  });
}

describe('a handler process', { concurrency: 3 }, () => {
  for (const [how, told] of [
    ['exit0', /exited with code 0/u],
    ['abort', /ended by SIGABRT/u],
    ['segfault', /ended by SIGSEGV/u],
    ['killed', /ended by SIGKILL/u],
  ] as const) {
    it(`that ends by ${how} disturbs nobody, and is replaced`, async (t) => {
      const at = await bench(t, 'process');
      const neighbour = await at.submit('obeys');
      const job = await at.submit('ends', { how });
      await assert.rejects(job.result(), told);
      assert.equal(await (await at.submit('where')).result().then(() => 'ran'), 'ran');
      assert.equal(await neighbour.status(), 'running');
    });
  }

  it('is ended in a native call, with the program that it called', async (t) => {
    const at = await bench(t, 'process');
    const job = await at.submit('native', { seconds: 60 }, { timeout: '100ms' });
    await assert.rejects(job.result(), { code: 'job_failed' });
    assert.equal((await executionOf(at, job)).status, 'timeout');
  });

  it('is ended with all that it started, whatever that does about signals', async (t) => {
    const at = await bench(t, 'process');
    const job = await at.submit('spawns', {}, { timeout: '500ms' });
    const line = await found(() => at.effects.lines[0], 'the grandchild');
    const pid = Number(line.split(' ')[1]);
    assert.ok(isAlive(pid));
    await assert.rejects(job.result(), { code: 'job_failed' });
    await found(() => !isAlive(pid), 'its end');
  });
});

describe('whatever an isolated handler throws or returns', { concurrency: 2 }, () => {
  for (const isolation of ['process', 'thread'] as const) {
    it(`ends its job as on the event loop: in a ${isolation}`, async (t) => {
      const here = place(t);
      await here.started({ tasks: [values], concurrency: 2 });
      const run = async (task: string, what: string): Promise<JobDetails | undefined> => {
        const params = { what };
        const job = await here.queue.submit(
          new Job({ task: `${isolation}.${task}`, params, maxAttempts: 1, timeout: '20s' }),
        );
        await job.result().catch(() => undefined);
        return here.queue.getStatus(job.id);
      };
      for (const what of Object.keys(thrown)) {
        const info = await run('throw', what);
        assert.deepEqual(
          [info?.status, info?.attempts, info?.executionCount],
          ['failed', 1, 1],
          what,
        );
        assert.ok(JSON.stringify(info?.error).length < 30_000, what);
      }
      for (const [what, { status, result = null }] of Object.entries(returned)) {
        if (status === 'timeout') continue;
        const info = await run('return', what);
        assert.deepEqual(
          [info?.status, info?.result, info?.executionCount],
          [status, result, 1],
          what,
        );
      }
    });
  }

  it('is of no matter where its module cannot even be imported: the attempt fails, with the reason', async (t) => {
    const here = place(t);
    await here.started({ tasks: [failsElsewhere], concurrency: 2 });
    for (const task of ['in-process', 'in-thread']) {
      const job = await here.queue.submit(new Job({ task, maxAttempts: 2 }));
      await assert.rejects(job.result(), /cannot be imported: not here/u);
      assert.equal((await here.queue.getStatus(job.id))?.attempts, 2);
    }
  });
});

describe('a handler thread in a native call', () => {
  it('is recorded as timed out; its slot is free once the call returns', async (t) => {
    const at = await bench(t, 'thread', { concurrency: 1 });
    const timeout = next(at.worker, 'timeout');
    const job = await at.submit('native', { seconds: 9 }, { timeout: '100ms' });
    await timeout;
    assert.equal((await executionOf(at, job)).status, 'timeout');
    const waiting = await at.submit('where');
    assert.ok(at.log.some(({ message }) => message?.includes('native call')));
    assert.equal(await waiting.status(), 'pending');
    await waiting.result({ timeout: '15s' });
  });
});
