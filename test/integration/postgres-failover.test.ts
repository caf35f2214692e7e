// Servers that refuse what they granted before, or that are not the ones to write to any more: until somebody puts that right.
import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import pg from 'pg';
import { GigqError, type Logger, task, Worker } from 'gigq';
import { migrate } from 'gigq/admin';
import { Cluster } from '../helpers/postgres-cluster.ts';
import { Proxy } from '../helpers/postgres-proxy.ts';
import { pause } from '../helpers/pauses.ts';
import { found, next, place, type Place } from '../helpers/worker-place.ts';

let primary: Cluster;

before(async () => {
  primary = await Cluster.start();
  await migrate(primary.address);
  await query(primary, grants);
});

after(() => primary.remove());

async function query({ address }: Cluster, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** When each warning was logged, with the code of what it is about. */
class Warnings {
  readonly #lines: { readonly code: string; readonly atMs: number }[] = [];
  readonly logger: Logger;

  constructor() {
    const nothing = (): void => undefined;
    const warn = (fields: object | string): void => {
      const { err } = fields as { readonly err?: { readonly code?: string } };
      if (err !== undefined) this.#lines.push({ code: err.code ?? '?', atMs: performance.now() });
    };
    this.logger = { debug: nothing, info: nothing, warn, error: warn };
  }

  count(code: string): number {
    return this.#lines.filter((line) => line.code === code).length;
  }

  /** However often something fails, it is said once in 5 s. */
  assertRare(): void {
    for (const [at, { code, atMs }] of this.#lines.entries()) {
      const again = this.#lines.slice(at + 1).find((line) => line.code === code);
      assert.ok(again === undefined || again.atMs - atMs >= 4990, code);
    }
  }
}

const runs = new Map<string, number>();
const noted = task('noted', async ({ ms = 0 }: { ms?: number }, { job }) => {
  runs.set(job.id, (runs.get(job.id) ?? 0) + 1);
  await pause(ms);
});

interface Scene {
  readonly here: Place;
  readonly proxy: Proxy;
  readonly worker: Worker;
  readonly warnings: Warnings;
}

const role = { name: 'app', password: 'let-app-in-4712' };

/** A worker that works as a role which may do no more than it has to, by way of a proxy. */
async function atWork(t: TestContext): Promise<Scene> {
  const { proxy, address } = await Proxy.before(primary.address);
  const own = new URL(address);
  Object.assign(own, { username: role.name, password: role.password });
  const here = place(t, own.href);
  const warnings = new Warnings();
  const { logger } = warnings;
  const worker = await here.started({
    concurrency: 2,
    pollingInterval: '200ms',
    tasks: [noted],
    logger,
  });
  return { here, proxy, worker, warnings };
}

const grants = `
  CREATE ROLE ${role.name} LOGIN PASSWORD '${role.password}';
  GRANT USAGE ON SCHEMA gigq TO ${role.name};
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA gigq TO ${role.name}`;

const refused = { code: 'database_refused' } as const;
const readOnly = { code: 'database_readonly' } as const;

/** Who changes what a role may do ends its sessions, so that all that it does from then on is new. */
async function asks(text: string): Promise<void> {
  await query(primary, text);
  await query(
    primary,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role.name}'`,
  );
}

/** Jobs that are stored while all is well, and end when it is not. */
async function jobsUnderWay({ here, worker }: Scene): Promise<readonly string[]> {
  const began = next(worker, 'started');
  const handles = await noted.submitMany(here.queue, [{ ms: 300 }, { ms: 300 }, {}, {}]);
  await began;
  return handles.map(({ id }) => id);
}

async function assertRanOnce({ here: { queue } }: Scene, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await queue.get(id).result();
    const { attempts } = (await queue.getStatus(id)) ?? assert.fail(id);
    assert.deepEqual([attempts, runs.get(id)], [1, 1], id);
  }
}

describe('a role', () => {
  const cases = [
    {
      that: 'may not write any more',
      said: 2,
      taken: `REVOKE INSERT, UPDATE ON ALL TABLES IN SCHEMA gigq FROM ${role.name}`,
      given: `GRANT INSERT, UPDATE ON ALL TABLES IN SCHEMA gigq TO ${role.name}`,
    },
    {
      that: 'has another password by now',
      said: 1,
      taken: `ALTER ROLE ${role.name} PASSWORD 'another'`,
      given: `ALTER ROLE ${role.name} PASSWORD '${role.password}'`,
    },
  ];
  for (const { that, said, taken, given } of cases) {
    test(`that ${that} is told so, now and then, and goes on once that is put right`, async (t) => {
      const scene = await atWork(t);
      const { here, warnings } = scene;
      const ids = await jobsUnderWay(scene);
      await asks(taken);
      await assert.rejects(noted.submit(here.queue), (error) => {
        assert.ok(error instanceof GigqError);
        assert.equal(error.code, refused.code);
        assert.doesNotMatch(error.message, new RegExp(role.password, 'u'));
        return true;
      });
      await found(() => warnings.count(refused.code) === said, 'the warnings');
      await query(primary, given);
      await assertRanOnce(scene, ids);
      const { id } = await noted.submit(here.queue);
      await assertRanOnce(scene, [id]);
      warnings.assertRare();
    });
  }
});

describe('a standby', () => {
  test('is told as such to who starts there', async () => {
    await primary.crash();
    const standby = await primary.standby();
    await primary.restart();
    const worker = new Worker(standby.address, { handleSignals: false });
    await assert.rejects(worker.start(), readOnly);
    await worker.close();
    await standby.remove();
  });

  test('that the address leads to for a while is left as soon as it leads to the primary', async (t) => {
    const scene = await atWork(t);
    const { here, proxy, warnings } = scene;
    const ids = await jobsUnderWay(scene);
    await primary.crash();
    const standby = await primary.standby();
    t.after(() => standby.remove());
    proxy.target = new URL(standby.address);
    await assert.rejects(noted.submit(here.queue), readOnly);
    assert.ok((await here.queue.stats()).total >= ids.length, 'it can be read');
    await found(() => warnings.count(readOnly.code) > 0, 'a warning');
    await primary.restart();
    proxy.target = new URL(primary.address);
    await assertRanOnce(scene, ids);
    warnings.assertRare();
  });

  test('that is promoted takes over with all that was acknowledged, in few attempts', async (t) => {
    const scene = await atWork(t);
    const { here, proxy, warnings } = scene;
    const ids = await jobsUnderWay(scene);
    await primary.crash();
    const standby = await primary.standby();
    const former = primary;
    primary = standby;
    await former.remove();
    proxy.target = new URL(standby.address);
    await found(() => warnings.count(readOnly.code) > 0, 'a warning');
    proxy.asked = '';
    await pause(2000);
    const asked = proxy.asked.split('LISTEN "gigq_work').length - 1;
    assert.ok(asked < 8, `${asked} times in 2 s`);
    await query(standby, 'SELECT pg_promote()');
    await assertRanOnce(scene, ids);
    const { id } = await noted.submit(here.queue);
    await assertRanOnce(scene, [id]);
    warnings.assertRare();
  });
});
