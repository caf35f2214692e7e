// Wiring that must compile, and wiring that must not.
import {
  Job,
  JobQueue,
  type JobHandle,
  type ResultRef,
  type Settled,
  type Stored,
  task,
  Workflow,
  type WorkflowHandle,
  type WorkflowInfo,
  type WorkflowNode,
} from 'gigq';
import { z } from 'zod';
import { expectType, type Same } from './expect-type.ts';

interface Page {
  readonly url: string;
  readonly at: Date;
}
interface StoredPage {
  readonly url: string;
  readonly at: string;
}

const queue = new JobQueue(':memory:');
const workflow = new Workflow('Types');
const fetchPage = task('t.fetch', async ({ url }: { url: string }): Promise<Page> => ({
  url,
  at: new Date(),
}));
const index = task(
  't.index',
  async ({ pages, limit = 5 }: { pages: readonly StoredPage[]; limit?: number }) =>
    pages.length + limit,
);
const one = task('t.one', async ({ page }: { page: StoredPage }) => page.url);
const text = task('t.text', async (value: string) => value.length);
const survey = task(
  't.survey',
  async ({ all }: { all: readonly Settled<StoredPage>[] }) => all.length,
);
const nothing = task('t.nothing', async () => {});
const parsed = task(
  't.parsed',
  { params: z.object({ url: z.string(), n: z.coerce.number<string>() }) },
  async ({ n }) => n,
);

// ── what compiles ───────────────────────────────────────────────────────────────────────────────

const page = workflow.addTask(fetchPage, { url: '/' });
expectType<Same<typeof page, WorkflowNode<Page>>>();
expectType<Same<typeof page.result, ResultRef<Stored<Page>>>>();
expectType<Same<typeof page.settled, ResultRef<Settled<Stored<Page>>>>>();

// A part, the whole, one of a list, and plain values beside references.
const indexed = workflow.addTask(index, { pages: [page.result, { url: '/b', at: '' }], limit: 3 });
workflow.addTask(one, { page: page.result });
workflow.addTask(one, {
  page: { url: workflow.addTask(one, { page: page.result }).result, at: '' },
});
workflow.addTask(text, workflow.addTask(one, { page: page.result }).result);
workflow.addTask(
  index,
  { pages: [page].map((each) => each.result) },
  { dependsOn: [page, indexed], priority: 3 },
);
workflow.addTask(survey, { all: [page.settled] }, { onParentFailure: 'run' });
workflow.addTask(nothing);
workflow.addTask(nothing, {}, { dependsOn: [page] });
const failing = task('t.failing', async () => {
  throw new Error('always');
});
workflow.addTask(nothing, {}, { dependsOn: [workflow.addTask(failing)] });
workflow.addTask(parsed, { url: workflow.addTask(one, { page: page.result }).result, n: '5' });

const job = workflow.addJob(new Job({ task: fetchPage, params: { url: '/' } }), {
  dependsOn: [page],
});
expectType<Same<typeof job, WorkflowNode<Page>>>();

const handle = await workflow.submitAll(queue);
expectType<Same<typeof handle, WorkflowHandle>>();
const result = await handle.result(page, { timeout: '5s' });
expectType<Same<typeof result, Stored<Page>>>();
export const storedAt: string = result.at;
expectType<Same<Awaited<ReturnType<WorkflowHandle['cancel']>>, number>>();
export const infos: WorkflowInfo[] = await queue.listWorkflows({ status: 'running', limit: 5 });
export const known: WorkflowHandle = queue.getWorkflow(handle.id);
export const dependent: JobHandle<number> = await text.submit(queue, 'a', {
  dependencies: [page.id],
  onParentFailure: 'wait',
  passParentResults: true,
});
task('t.context', async (_: {}, { parentResults, job: { workflowId } }) => {
  expectType<Same<typeof parentResults, Readonly<Record<string, unknown>>>>();
  expectType<Same<typeof workflowId, string | null>>();
});

// Lists that mix references and values, tuples, and parts that lie deep.
const join = task('t.join', ({ parts }: { parts: string[] }) => parts.join(''));
const pair = task('t.pair', ({ t }: { t: [string, number] }) => t);
const deep = task('t.deep', ({ a }: { a: { b: { c: number }[] } }) => a.b.length);
const url = workflow.addTask(one, { page: page.result });
const size = workflow.addTask(text, 'abc');
workflow.addTask(join, { parts: ['a', url.result] });
workflow.addTask(pair, { t: ['a', 1] });
workflow.addTask(pair, { t: [url.result, size.result] });
workflow.addTask(pair, { t: workflow.addTask(pair, { t: ['a', 2] }).result });
workflow.addTask(deep, { a: { b: [{ c: size.result }, { c: 2 }] } });
// @ts-expect-error a list that is too long
workflow.addTask(pair, { t: [url.result, size.result, size.result] });
// @ts-expect-error and one the wrong way round
workflow.addTask(pair, { t: [size.result, url.result] });

// ── what does not ───────────────────────────────────────────────────────────────────────────────

// @ts-expect-error the result of another type
workflow.addTask(one, { page: indexed.result });
// @ts-expect-error a settled result is no result
workflow.addTask(one, { page: page.settled });
// @ts-expect-error a result is no settled result
workflow.addTask(survey, { all: [page.result] });
// @ts-expect-error the node is not its result
workflow.addTask(one, { page });
// @ts-expect-error params are missing
workflow.addTask(one);
// @ts-expect-error and so is a part of them
workflow.addTask(one, {});
// @ts-expect-error there is no such param
workflow.addTask(one, { page: page.result, other: 1 });
// @ts-expect-error a list of results where one is expected
workflow.addTask(one, { page: [page.result] });
const dated = task('t.dated', async ({ page: { at } }: { page: { at: number } }) => at);
// @ts-expect-error what comes back of a Date is a string
workflow.addTask(dated, { page: page.result });
// @ts-expect-error an id is no node
workflow.addTask(nothing, {}, { dependsOn: [page.id] });
// @ts-expect-error nodes are named by dependsOn
workflow.addTask(nothing, {}, { dependencies: [page.id] });
// @ts-expect-error neither is a job, which may belong to nothing
workflow.addTask(nothing, {}, { dependsOn: [new Job({ task: nothing })] });
// @ts-expect-error there is no such policy
workflow.addTask(nothing, {}, { onParentFailure: 'retry' });
// @ts-expect-error a function is no task
workflow.addTask(async () => 1);
// @ts-expect-error a reference is only for a workflow
await one.submit(queue, { page: page.result });
// @ts-expect-error a node has no value yet
export const wrong: string = page.result.url;
// @ts-expect-error there is no such status
await queue.listWorkflows({ status: 'pending' });
// @ts-expect-error dependencies are of one job, not of its task
task('t.wrong', { dependencies: ['a'] }, async () => 1);
