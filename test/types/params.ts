// What may go into a job, and what must not compile.
import { Job, JobQueue, task } from 'gigq';
import { z } from 'zod';
import { expectType, type Same } from './expect-type.ts';

const queue = new JobQueue(':memory:');

interface Page {
  readonly url: string;
  readonly tags?: readonly string[];
}
const fetchPage = task('fetch-page', async ({ url, tags = [] }: Page) => [url, ...tags]);
const greet = task('greet', ({ name = 'world' }: { name?: string }) => name);
const add = task('add', ([a, b]: [number, number]) => a + b);
const shout = task('shout', (text: string) => text.toUpperCase());
const reset = task('reset', () => 1);
const email = task(
  'email',
  { params: z.object({ to: z.string(), times: z.coerce.number<string>().optional() }) },
  ({ to, times }) => {
    expectType<Same<typeof times, number | undefined>>();
    return to;
  },
);

// ── taken ───────────────────────────────────────────────────────────────────────────────────────

await fetchPage.submit(queue, { url: '/' });
await fetchPage.submit(queue, { url: '/', tags: ['a'] }, { priority: 1 });
await fetchPage.submitMany(queue, [{ url: '/a' }, { url: '/b' }], { queue: 'pages' });
await greet.submit(queue, {}, { timeout: false });
await add.submit(queue, [1, 2]);
await shout.submit(queue, 'a');
await reset.submit(queue);
await email.submit(queue, { to: 'a@b.co', times: '3' });
await fetchPage({ url: '/' }, { workerId: 'test' });
await greet();
await queue.submit(fetchPage.toJob({ url: '/' }, { delay: '1h' }));
await queue.submitMany([greet.toJob(), new Job({ task: 'greet' }), new Job({ task: fetchPage })]);

// Nothing is known of params without a type: submit checks them.
type Untyped = ReturnType<typeof JSON.parse>;
const untyped = task('untyped', (params: Untyped) => String(params));
await untyped.submit(queue, { at: new Date() });
await untyped.submit(queue, 5);
await untyped.submit(queue);

const nested = task(
  'nested',
  (params: { list: { map: Record<string, number | null> }[] }) => params.list,
);
await nested.submit(queue, { list: [{ map: { a: 1, b: null } }] });

// ── refused: the wrong params for the task ──────────────────────────────────────────────────────

// @ts-expect-error there are no params
await fetchPage.submit(queue);
// @ts-expect-error 'url' is missing
await fetchPage.submit(queue, {});
// @ts-expect-error 'url' is a string
await fetchPage.submit(queue, { url: 5 });
// @ts-expect-error there is no 'uri'
await fetchPage.submit(queue, { url: '/', uri: '/' });
// @ts-expect-error one of them has no 'url'
await fetchPage.submitMany(queue, [{ url: '/' }, {}]);
// @ts-expect-error there are no params
fetchPage.toJob();
// @ts-expect-error 'url' is missing
await fetchPage({});
// @ts-expect-error a tuple of two
await add.submit(queue, [1]);
// @ts-expect-error 'to' is missing
await email.submit(queue, { times: '1' });
// @ts-expect-error the schema's input is a string, its output is none of the caller's business
await email.submit(queue, { to: 'a@b.co', times: 3 });
// @ts-expect-error the queue comes first
await greet.submit({ name: 'Ada' });

// ── refused: params that are not JSON ───────────────────────────────────────────────────────────

// @ts-expect-error a Date comes back as a string
task('date', async ({ at }: { at: Date }) => at.getTime());
// @ts-expect-error a Map comes back empty
task('map', async ({ map }: { map: Map<string, number> }) => map.size);
// @ts-expect-error a Set comes back empty
task('set', async ({ set }: { set: Set<string> }) => set.size);
// @ts-expect-error a bigint cannot be stored
task('bigint', async ({ id }: { id: bigint }) => String(id));
// @ts-expect-error a function cannot be stored
task('function', async ({ then }: { then: () => void }) => then());
// @ts-expect-error a symbol cannot be stored
task('symbol', async ({ key }: { key: symbol }) => key.description);
// @ts-expect-error a Date deeper inside
task('deep', async ({ list }: { list: { at: Date }[] }) => list.length);
// @ts-expect-error a bare bigint
task('bare', async (id: bigint) => String(id));
