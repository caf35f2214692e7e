// Putting workflows together, and what becomes of them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ErrorCode, Job, JobQueue, type JobQueueOptions, task, Workflow } from 'gigq';
import { untyped } from '../helpers/any.ts';
import { assertRefused } from '../helpers/rejection.ts';
import { next, place } from '../helpers/worker-place.ts';

interface Page {
  readonly url: string;
  readonly words: number;
}

const fetchPage = task('wf.fetch', async ({ url }: { url: string }): Promise<Page> => {
  if (url.startsWith('bad')) throw new Error(`no answer from ${url}`);
  return { url, words: url.length };
});
const count = task('wf.count', async ({ pages }: { pages: readonly Page[] }) =>
  pages.reduce((sum, { words }) => sum + words, 0),
);
const echo = task('wf.echo', async (value: unknown) => value);
const parents = task('wf.parents', async (_: {}, { parentResults }) => parentResults);

const once = { maxAttempts: 1 } as const;

describe('a workflow', () => {
  it('is stored as a whole and known by its id', async (t) => {
    const here = place(t);
    const workflow = new Workflow('Nightly');
    const first = workflow.addTask(fetchPage, { url: 'a' });
    const second = workflow.addJob(new Job({ task: 'wf.parents', name: 'second' }), {
      dependsOn: [first],
    });
    const handle = await workflow.submitAll(here.queue);
    assert.deepEqual(handle.jobIds, [first.id, second.id]);
    const known = here.queue.getWorkflow(handle.id);
    assert.partialDeepStrictEqual(await known.status(), {
      status: 'running',
      jobs: { pending: 1, blocked: 1, total: 2 },
    });
    assert.deepEqual(
      (await here.queue.listJobs({ workflowId: handle.id })).map(({ id, workflowId }) => [
        id,
        workflowId,
      ]),
      [second.id, first.id].map((id) => [id, handle.id]),
    );
    const [info] = await here.queue.listWorkflows();
    assert.deepEqual([info?.id, info?.name, info?.completedAt], [handle.id, 'Nightly', null]);
    await here.worker().drain();
    const [ended] = await here.queue.listWorkflows({ status: 'completed' });
    assert.ok(ended?.completedAt instanceof Date);
    assert.deepEqual(await here.queue.listWorkflows({ status: 'running' }), []);
  });

  it('that is submitted again changes nothing, and grows by what was added', async (t) => {
    const here = place(t);
    const workflow = new Workflow('Again');
    const first = workflow.addTask(fetchPage, { url: 'a' });
    const handle = await workflow.submitAll(here.queue);
    assert.equal((await workflow.submitAll(here.queue)).id, handle.id);
    assert.equal((await here.queue.stats()).total, 1);
    workflow.addTask(count, { pages: [first.result] });
    await workflow.submitAll(here.queue);
    assert.equal((await handle.status()).jobs.total, 2);
  });

  it('without jobs is completed', async (t) => {
    const here = place(t);
    const handle = await new Workflow('Empty').submitAll(here.queue);
    assert.equal((await handle.status()).status, 'completed');
    assert.deepEqual(handle.jobIds, []);
  });

  it('tells its handlers which it is', async (t) => {
    const here = place(t);
    const which = task('wf.which', async (_: {}, { job }) => job.workflowId);
    const workflow = new Workflow('Which');
    const node = workflow.addTask(which);
    const handle = await workflow.submitAll(here.queue);
    const alone = await which.submit(here.queue);
    await here.worker().drain();
    assert.equal(await handle.result(node), handle.id);
    assert.equal(await alone.result(), null);
  });

  it('is cancelled as a whole, running jobs included, and requeued as a whole', async (t) => {
    const here = place(t);
    const aborted: unknown[] = [];
    const patient = task('wf.patient', async (_: {}, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      aborted.push(signal.reason.code);
    });
    const workflow = new Workflow('Cancel');
    const first = workflow.addTask(patient);
    workflow.addTask(parents, {}, { dependsOn: [first] });
    const handle = await workflow.submitAll(here.queue);
    const worker = await here.started();
    if ((await here.queue.stats()).running === 0) await next(worker, 'started');
    const cancelled = next(worker, 'cancelled');
    assert.equal(await handle.cancel(), 2);
    await cancelled;
    assert.deepEqual(aborted, ['cancelled']);
    assert.equal((await handle.status()).status, 'cancelled');
    await worker.stop();
    assert.equal(await handle.requeue(), 2);
    assert.partialDeepStrictEqual((await handle.status()).jobs, { pending: 1, blocked: 1 });
  });

  it('goes on where it failed: what had completed does not run again', async (t) => {
    const here = place(t);
    let isBroken = true;
    let runs = 0;
    const counted = task('wf.counted', async () => (runs += 1));
    const fragile = task('wf.fragile', once, async () => {
      if (isBroken) throw new Error('broken');
      return 'mended';
    });
    const workflow = new Workflow('Resume');
    const first = workflow.addTask(counted);
    const middle = workflow.addTask(fragile, {}, { dependsOn: [first] });
    const last = workflow.addTask(echo, { value: middle.result });
    const handle = await workflow.submitAll(here.queue);
    const worker = here.worker();
    await worker.drain();
    assert.partialDeepStrictEqual(await handle.status(), {
      status: 'failed',
      jobs: { completed: 1, failed: 1, cancelled: 1 },
    });
    isBroken = false;
    assert.equal(await handle.requeue(), 2);
    await worker.drain();
    assert.deepEqual(await handle.result(last), { value: 'mended' });
    assert.equal(runs, 1);
    assert.equal((await handle.status()).status, 'completed');
  });

  it('that is not there is said to be missing', async (t) => {
    const here = place(t);
    const handle = here.queue.getWorkflow('nobody');
    await assert.rejects(handle.status(), {
      code: 'job_not_found',
      message: /no workflow nobody/u,
    });
    assert.equal(await handle.cancel(), 0);
    assert.equal(await handle.requeue(), 0);
  });
});

describe('what is refused', () => {
  const refusedAt = async (
    t: Parameters<typeof place>[0],
    workflow: Workflow,
    code: ErrorCode,
    message: RegExp,
  ): Promise<void> => {
    const here = place(t);
    await assertRefused(() => workflow.submitAll(here.queue), code, message);
    assert.equal((await here.queue.stats()).total, 0, 'nothing is stored');
    assert.deepEqual(await here.queue.listWorkflows(), []);
  };

  it('a cycle, with the way round', async (t) => {
    const workflow = new Workflow('Cycle');
    const job = (id: string, dependencies: readonly string[]): Job =>
      new Job({ task: 'wf.echo', id, name: id.toUpperCase(), dependencies });
    workflow.addJob(job('a', ['c']));
    workflow.addJob(job('b', ['a']));
    workflow.addJob(job('c', ['b']));
    await refusedAt(
      t,
      workflow,
      'workflow_cycle',
      /'A' \(a\) → 'C' \(c\) → 'B' \(b\) → 'A' \(a\)/u,
    );
  });

  it('a cycle among plain jobs', async (t) => {
    const here = place(t);
    const jobs = [
      new Job({ task: 'wf.echo', id: 'a', dependencies: ['b'] }),
      new Job({ task: 'wf.echo', id: 'b', dependencies: ['a'] }),
    ];
    await assertRefused(() => here.queue.submitMany(jobs), 'workflow_cycle', / → /u);
  });

  it('no cycle where there is none: the same Job twice in a batch', async (t) => {
    const here = place(t);
    const job = (id: string, dependencies: readonly string[] = []): Job =>
      new Job({ task: 'wf.echo', id, dependencies });
    const [p, r, q, c] = [job('p'), job('r'), job('q', ['r']), job('c', ['p', 'q'])];
    const jobs = [p, c, c, r, q].filter((each) => each !== undefined);
    await here.queue.submitMany(jobs);
    assert.equal((await here.queue.stats()).total, 4);
  });

  it('a job that waits for itself', async (t) => {
    const workflow = new Workflow('Self');
    workflow.addJob(new Job({ task: 'wf.echo', id: 'me', dependencies: ['me'] }));
    await refusedAt(t, workflow, 'workflow_cycle', /waits for itself: .*me/u);
  });

  it('a parent that is missing', async (t) => {
    const workflow = new Workflow('Missing');
    workflow.addTask(echo, 1);
    workflow.addJob(new Job({ task: 'wf.echo', name: 'orphan', dependencies: ['nobody'] }));
    await refusedAt(t, workflow, 'parent_missing', /'orphan' .*no job nobody/u);
  });

  it('a node of another workflow, as a dependency and as a reference', async (t) => {
    const foreign = new Workflow('Other').addTask(fetchPage, { url: 'a' });
    const byOption = new Workflow('Mine');
    byOption.addTask(parents, {}, { dependsOn: [foreign] });
    await refusedAt(t, byOption, 'invalid_option', /dependsOn is 'wf\.fetch', .*workflow 'Other'/u);
    const byReference = new Workflow('Mine');
    byReference.addTask(count, { pages: [foreign.result] });
    await refusedAt(t, byReference, 'invalid_option', /params\.pages\[0\] is 'wf\.fetch'/u);
  });

  it('a result for a job that runs whatever happened', () => {
    const workflow = new Workflow('Run');
    const page = workflow.addTask(fetchPage, { url: 'a' });
    const add = (): unknown =>
      workflow.addTask(count, { pages: [page.result] }, { onParentFailure: 'run' });
    assert.throws(add, { code: 'invalid_option', message: /params\.pages\[0\] is the result of/u });
    assert.equal(workflow.jobs.length, 1);
  });

  it('a result for such a job, though it came into the params later', async (t) => {
    const workflow = new Workflow('Later');
    const page = workflow.addTask(fetchPage, { url: 'a' });
    const params: Record<string, unknown> = {};
    const options = { task: 'wf.echo', params, onParentFailure: 'run' } as const;
    workflow.addJob(new Job(options), { dependsOn: [page] });
    params['page'] = page.result;
    await refusedAt(t, workflow, 'invalid_option', /params\.page is the result of/u);
  });

  it('another job with an id that is taken, a node that is none, an option that there is not', () => {
    const workflow = new Workflow('Wrong');
    const job = new Job({ task: 'wf.echo', id: 'x' });
    const node = workflow.addJob(job);
    assert.equal(workflow.addJob(job), node, 'the same Job is the same node');
    const wrong: readonly (readonly [() => unknown, RegExp])[] = [
      [() => workflow.addJob(new Job({ task: 'wf.echo', id: 'x' })), /another job has the id x/u],
      [
        () => workflow.addTask(echo, 1, untyped({ dependsOn: ['x'] })),
        /dependsOn\[0\]: expected what addTask/u,
      ],
      [
        () => workflow.addTask(echo, 1, untyped({ dependencies: ['x'] })),
        /unknown option 'dependencies'/u,
      ],
      [() => workflow.addTask(untyped(() => {})), /addTask\(\): expected a task/u],
      [() => workflow.addJob(untyped({})), /expected a Job/u],
      [() => new Workflow(''), /Workflow: name/u],
      [() => new Workflow(untyped(undefined)), /Workflow: name/u],
    ];
    for (const [make, message] of wrong) assert.throws(make, { code: 'invalid_option', message });
  });

  it('more jobs than one transaction takes', async (t) => {
    const workflow = new Workflow('Many');
    const job = (): Job => new Job({ task: 'wf.echo' });
    for (let n = 0; n <= 50_000; n += 1) workflow.addJob(job());
    await refusedAt(t, workflow, 'too_large', /50001 jobs are too many/u);
  });

  it('an option of submitAll, and a queue that is none', async (t) => {
    const here = place(t);
    const workflow = new Workflow('Options');
    await assertRefused(() => workflow.submitAll(untyped({})), 'invalid_option', /a JobQueue/u);
    const submitAll = workflow.submitAll.bind(workflow) as (
      ...args: readonly unknown[]
    ) => Promise<unknown>;
    await assertRefused(() => submitAll(here.queue, { wait: 1 }), 'invalid_option', /'wait'/u);
  });
});

describe('a large workflow', () => {
  it('of 50,000 jobs is stored in one transaction', async (t) => {
    const here = place(t);
    const workflow = new Workflow('Large');
    const first = workflow.addTask(fetchPage, { url: 'a' });
    for (let n = 1; n < 50_000; n += 1) workflow.addTask(parents, {}, { dependsOn: [first] });
    const handle = await workflow.submitAll(here.queue);
    assert.partialDeepStrictEqual((await handle.status()).jobs, { pending: 1, blocked: 49_999 });
  });

  it('is stored whole or not at all, in a queue of its own kind', async (t) => {
    const here = place(t);
    const options: JobQueueOptions = { inPlace: true };
    await using queue = new JobQueue(here.database, options);
    const workflow = new Workflow('Half');
    for (let n = 0; n < 1000; n += 1) workflow.addTask(echo, n);
    workflow.addJob(new Job({ task: 'wf.echo', dependencies: ['nobody'] }));
    await assert.rejects(workflow.submitAll(queue), { code: 'parent_missing' });
    assert.equal((await queue.stats()).total, 0);
  });
});

describe('toMermaid()', () => {
  it('draws jobs, arrows, jobs of others, and who runs whatever happened', () => {
    const workflow = new Workflow('Drawn');
    const first = workflow.addJob(
      new Job({ task: 'wf.echo', name: 'say "hi" #1', dependencies: ['other'] }),
    );
    const second = workflow.addTask(echo, first.result, { name: 'second' });
    const options = { onParentFailure: 'run', dependsOn: [second], name: 'third' } as const;
    workflow.addTask(echo, first.settled, options);
    assert.equal(
      workflow.toMermaid(),
      [
        'flowchart TD',
        '  n0["say #34;hi#34; #35;1"]',
        '  n1["second"]',
        '  n2["third"]',
        '  x0(["other"])',
        '  x0 --> n0',
        '  n0 --> n1',
        '  n1 -.-> n2',
        '  n0 -.-> n2',
        '',
      ].join('\n'),
    );
  });
});
