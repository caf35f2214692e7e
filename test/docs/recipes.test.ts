// The recipes for jobs in somebody else's transaction, as they stand in the page: run against a server.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { JobQueue } from 'gigq';
import { freshSchema, query } from '../helpers/store-postgres.ts';
import { blocksOf } from './pages.ts';
import { type Ended, ReaderProject } from './reader-project.ts';

const project = new ReaderProject();
after(() => project.remove());

const inPage = 'postgres://shop@db.example/shop';
const recipes = blocksOf('docs/transactions.md').filter(({ text }) => text.includes(inPage));

interface Shop {
  readonly address: string;
  readonly queue: JobQueue;
  readonly orders: () => Promise<number>;
}

/** A schema with a table of orders, which every session at the address finds. */
async function newShop(): Promise<Shop> {
  const { address, schema } = await freshSchema();
  await query(`CREATE SCHEMA ${schema}`);
  await query(`CREATE TABLE ${schema}.orders (customer text)`);
  const own = new URL(address);
  own.searchParams.set('options', `-c search_path=${schema}`);
  const orders = async (): Promise<number> => (await query(`SELECT FROM ${schema}.orders`)).length;
  return { address: own.href, queue: new JobQueue(own.href), orders };
}

type Change = (program: string) => string;

function run(name: string, address: string, change: Change = (as) => as): Promise<Ended> {
  const recipe = recipes.find(({ text }) => text.includes(`from '${name}'`));
  assert.ok(recipe !== undefined);
  const program = change(recipe.text.replaceAll(inPage, () => address));
  return project.run(project.write(join('recipes', `${name.replaceAll('/', '-')}.ts`), program));
}

for (const name of ['kysely', 'drizzle-orm/node-postgres']) {
  describe(`a job submitted in a transaction of ${name}`, () => {
    test('is there with what else was stored in it', async (t) => {
      const { address, queue, orders } = await newShop();
      t.after(() => queue.close());
      const { code, stderr } = await run(name, address);
      assert.deepEqual([code, stderr], [0, '']);
      const jobs = await queue.listJobs();
      assert.deepEqual(
        jobs.map(({ task, status }) => [task, status]),
        [['send-mail', 'pending']],
      );
      assert.equal(await orders(), 1);
    });

    test('may be a whole workflow', async (t) => {
      const { address, queue } = await newShop();
      t.after(() => queue.close());
      const { code, stderr } = await run(name, address, withWorkflow);
      assert.deepEqual([code, stderr], [0, '']);
      const [flow] = await queue.listWorkflows();
      assert.deepEqual([flow?.name, flow?.jobs.pending, flow?.jobs.blocked], ['orders', 2, 1]);
    });

    test('never was if the transaction cannot be committed', async (t) => {
      const { address, queue, orders } = await newShop();
      t.after(() => queue.close());
      await refuseCommits(new URL(address).searchParams.get('schema') ?? '');
      const { code, stderr } = await run(name, address);
      assert.equal(code, 1);
      assert.match(stderr, /no orders today/u);
      assert.deepEqual(await queue.listJobs(), []);
      assert.equal(await orders(), 0);
    });
  });
}

const oneJob = /sendMail\.submit\(queue, \{ to: 'ada@example\.com' \}, \{ tx: \{ query \} \}\)/u;

/** What is submitted is a workflow of three jobs, one of which waits for the others. */
function withWorkflow(program: string): string {
  assert.match(program, oneJob);
  return program
    .replace('{ JobQueue, task }', '{ JobQueue, task, Workflow }')
    .replace(oneJob, 'flow.submitAll(queue, { tx: { query } })')
    .replace(
      /^const queue/mu,
      `const flow = new Workflow('orders');
       const parents = ['ada', 'bob'].map((to) => flow.addTask(sendMail, { to }));
       flow.addTask(sendMail, { to: 'eve' }, { dependsOn: parents });
       const queue`,
    );
}

/** From now on a transaction that has stored an order ends with an error. */
async function refuseCommits(schema: string): Promise<void> {
  await query(`
    CREATE FUNCTION ${schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE 'no orders today'; END $$;
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON ${schema}.orders DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ${schema}.refuse()`);
}
