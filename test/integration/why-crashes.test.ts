// What why tells of jobs whose processes and workers were lost: as they run, as they wait, and once they are given up.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Job, JobQueue } from 'gigq';
import { storeOf } from '../../dist/client/job-queue.js';
import { decide, type ProcessLost } from '../../dist/core/decide.js';
import type { ClaimedJob } from '../../dist/core/job.js';
import type { NewWorker } from '../../dist/core/worker.js';
import type { WorkerKey } from '../../dist/store/store.js';
import { newWorker, noSuspects } from '../helpers/store-seam.ts';
import { found, type Place, place } from '../helpers/worker-place.ts';

const died = {
  name: 'WorkerLost',
  message: 'Worker w is gone: its process 4711 on here has ended',
};

/** A worker by hand: it claims and settles when it is told to. */
class Puppet {
  readonly #place: Place;
  readonly key: WorkerKey;

  private constructor(at: Place, key: WorkerKey) {
    this.#place = at;
    this.key = key;
  }

  static async register(at: Place, properties: Partial<NewWorker> = {}): Promise<Puppet> {
    const worker = newWorker(properties.label ?? 'w', { label: 'w', ...properties });
    return new Puppet(at, await storeOf(at.queue).call('register', worker));
  }

  /** One whose heart stopped as soon as it had registered. */
  static async silent(at: Place, properties: Partial<NewWorker>): Promise<Puppet> {
    await using queue = new JobQueue(at.database, { inPlace: true });
    const { key } = await Puppet.register({ ...at, queue }, properties);
    return new Puppet(at, key);
  }

  async claim(): Promise<ClaimedJob> {
    const wanted = { tasks: ['greet'], queues: null, slots: ['w-0'], ...noSuspects };
    const { jobs } = await storeOf(this.#place.queue).call('claim', {
      worker: this.key,
      ...wanted,
    });
    return jobs[0] ?? assert.fail('There was no job to claim');
  }

  async lose(kind: ProcessLost['kind'], error = died): Promise<void> {
    const settlement = decide(await this.claim(), { kind, error }, 0);
    await storeOf(this.#place.queue).call('settle', [settlement]);
  }

  stop(): Promise<boolean> {
    return storeOf(this.#place.queue).call('renew', { ...this.key, stopping: true });
  }
}

function submit({ queue }: Place, options: object = {}): Promise<{ readonly id: string }> {
  return queue.submit(new Job({ task: 'greet', ...options }));
}

async function reasons({ queue }: Place, id: string): Promise<Readonly<Record<string, string>>> {
  const told = (await queue.why(id)).reasons.map(({ code, message }) => [code, message]);
  return Object.fromEntries(told) as Record<string, string>;
}

/** The reasons, as soon as there is one of that kind. */
async function once(
  code: string,
  at: Place,
  id: string,
): Promise<Readonly<Record<string, string>>> {
  await found(async () => code in (await reasons(at, id)), code);
  return reasons(at, id);
}

describe('why of a job that runs', () => {
  it('names the worker, its process and host, and the timeout', async (t) => {
    const here = place(t);
    const puppet = await Puppet.register(here, { label: 'mailer', host: 'attic' });
    const { id } = await submit(here, { timeout: false });
    await puppet.claim();
    const told = await reasons(here, id);
    assert.deepEqual(Object.keys(told), ['running']);
    assert.match(
      told['running'] ?? '',
      /^It runs at w-0 \(worker mailer, process 4711 on attic\) since .+, attempt 1 of 3, with no timeout\.$/u,
    );
  });

  it('tells that its time is over, and that its worker is silent', async (t) => {
    const here = place(t);
    const puppet = await Puppet.silent(here, { leaseMs: 300 });
    const { id } = await submit(here, { timeout: '1ms' });
    await puppet.claim();
    const told = await once('timeout_over', here, id);
    assert.match(
      told['timeout_over'] ?? '',
      /^Its timeout of 1ms is over.+ given 5 s for that\.$/u,
    );
    const silent = await once('worker_silent', here, id);
    assert.match(silent['worker_silent'] ?? '', /none is live: start one\.$/u);
    await Puppet.register(here, { label: 'heir' });
    const after = await reasons(here, id);
    assert.match(after['worker_silent'] ?? '', /any other worker will take the job over\.$/u);
  });

  it('tells that its worker is stopping', async (t) => {
    const here = place(t);
    const puppet = await Puppet.register(here);
    const { id } = await submit(here);
    await puppet.claim();
    await puppet.stop();
    assert.match(
      (await reasons(here, id))['worker_stopping'] ?? '',
      /^Its worker is stopping: .+/u,
    );
  });

  it('tells where it runs as a suspect', async (t) => {
    const here = place(t);
    const puppet = await Puppet.register(here, { moduleTasks: ['greet'] });
    const { id } = await submit(here);
    await puppet.lose('crashed');
    await puppet.claim();
    assert.match(
      (await reasons(here, id))['suspect'] ?? '',
      /^It runs as a suspect, in a process of its own\. Its run #1 was lost at .+: Worker w is gone: .+\. 1 of 3 crashes are counted against it\.$/u,
    );
    const lone = place(t);
    const object = await Puppet.register(lone);
    const other = await submit(lone);
    await object.lose('suspected');
    await object.claim();
    assert.match((await reasons(lone, other.id))['suspect'] ?? '', /beside jobs that are none/u);
  });
});

describe('why of a suspect that waits', () => {
  it('tells its lost runs, and that it is run in a process of its own', async (t) => {
    const here = place(t);
    const puppet = await Puppet.register(here, { moduleTasks: ['greet'] });
    const { id } = await submit(here);
    await puppet.lose('suspected');
    await puppet.lose('crashed');
    const told = await reasons(here, id);
    assert.deepEqual(Object.keys(told), ['ready', 'suspect']);
    assert.match(
      told['suspect'] ?? '',
      /^It waits as a suspect\. Its runs #1, #2 were lost, the last at .+\. 1 of 3 crashes are counted against it\. It is run in a process of its own/u,
    );
  });

  it('tells that its workers run one suspect at a time, and that they run one', async (t) => {
    const here = place(t);
    const puppet = await Puppet.register(here, { concurrency: 5 });
    const { id } = await submit(here);
    await puppet.lose('suspected');
    assert.match((await reasons(here, id))['suspect'] ?? '', /know only as an object/u);
    const other = await submit(here);
    await puppet.claim();
    await puppet.lose('suspected');
    const told = await reasons(here, other.id);
    assert.deepEqual(Object.keys(told), ['suspects_busy', 'suspect']);
    assert.match(
      told['suspects_busy'] ?? '',
      /^Each of its workers \(w\) runs another suspect now/u,
    );
    await Puppet.register(here, { label: 'free' });
    assert.match((await reasons(here, other.id))['ready'] ?? '', /^It is ready for free,/u);
  });

  it('tells first that nobody is there', async (t) => {
    const here = place(t);
    const puppet = await Puppet.silent(here, { leaseMs: 200 });
    const { id } = await submit(here);
    await puppet.lose('suspected');
    const told = await once('no_worker_for_task', here, id);
    assert.deepEqual(Object.keys(told), ['no_worker_for_task', 'suspect']);
  });
});

describe('why of a job that was given up', () => {
  const killed = { name: 'HandlerCrashed', message: 'Its process 12 was ended by SIGSEGV' };

  it('as the cause of crashes: how often, the last end, where to look and how to go on', async (t) => {
    const here = place(t);
    const puppet = await Puppet.register(here);
    const { id } = await submit(here);
    for (let crash = 0; crash < 3; crash += 1) await puppet.lose('crashed', killed);
    const told = await reasons(here, id);
    assert.deepEqual(Object.keys(told), ['crash_loop', 'crash_advice']);
    assert.match(
      told['crash_loop'] ?? '',
      /^It was given up at .+: it ended the process that it ran in 3 times\. The last time: Its process 12 was ended by SIGSEGV\.$/u,
    );
    const look = `gigq status ${id} --show-executions`;
    assert.ok(told['crash_advice']?.includes(look));
    assert.ok(told['crash_advice']?.endsWith(`gigq requeue ${id}.`));
  });

  it('for the leases that expired under it', async (t) => {
    const here = place(t);
    const puppet = await Puppet.register(here);
    const { id } = await submit(here);
    for (let time = 0; time < 5; time += 1) await puppet.lose('expired');
    assert.match(
      (await reasons(here, id))['crash_loop'] ?? '',
      /the workers that ran it were lost 5 times/u,
    );
  });

  it('but not for an error of its handler that calls itself so', async (t) => {
    const here = place(t);
    const puppet = await Puppet.register(here);
    const { id } = await submit(here);
    const error = { name: 'CrashLoop', message: 'no' };
    const settlement = decide(await puppet.claim(), { kind: 'failed', error, final: true }, 0);
    await storeOf(here.queue).call('settle', [settlement]);
    assert.deepEqual(Object.keys(await reasons(here, id)), ['failed']);
  });
});
