// What the doctor finds in the rows of a schema, and what it repairs of it: the same as in a file, by statements of its own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it, type TestContext } from 'node:test';
import { doctor, type Finding, type FindingCode } from 'gigq/admin';
import { JobQueue, task, Workflow } from 'gigq';
import { systemClock } from '../../dist/store/clock.js';
import { parseAddress } from '../../dist/store/postgres/address.js';
import { Driver } from '../../dist/store/postgres/connecting.js';
import { Connection } from '../../dist/store/postgres/connection.js';
import { repair } from '../../dist/store/postgres/doctor/repair.js';
import { loadPg } from '../../dist/store/postgres/library.js';
import { Passing } from '../../dist/store/postgres/postgres-error.js';
import { processIdentity } from '../../dist/worker/identity.js';
import { fill, idle } from '../helpers/patient.ts';
import { openPostgres, type PostgresSeam, query } from '../helpers/store-postgres.ts';
import { lost, newJob } from '../helpers/store-seam.ts';
import { wrongRows } from '../helpers/wrong-rows.ts';

async function open(t: TestContext): Promise<PostgresSeam> {
  return (await openPostgres(t)).seam;
}

async function patient(t: TestContext): Promise<PostgresSeam> {
  const seam = await open(t);
  await fill(seam);
  return seam;
}

/** The SQL of a file's tables, in a schema. */
function inSchema({ place }: PostgresSeam, sql: string): string {
  return sql.replaceAll('gigq_', `${place.schema}.`);
}

async function read(seam: PostgresSeam, sql: string): Promise<unknown[][]> {
  const rows = await query(inSchema(seam, sql));
  return rows.map((row) =>
    Object.values(row).map((value) => (/^\d+$/u.test(String(value)) ? Number(value) : value)),
  );
}

/** Of the rows: what there is to say of a server that is made for tests is told elsewhere. */
async function findingsOf(
  { place }: PostgresSeam,
  options?: { readonly fix: boolean },
): Promise<readonly Finding[]> {
  const { findings } = await doctor(place.address, options);
  return findings.filter(({ code }) => code !== 'server_unsafe');
}

async function codesOf(seam: PostgresSeam): Promise<readonly FindingCode[]> {
  return (await findingsOf(seam)).map(({ code }) => code);
}

describe('rows in a schema', () => {
  it('in every state are well, but for advice that nobody runs the ready ones', async (t) => {
    const seam = await patient(t);
    const before = await seam.everything();
    assert.deepEqual(await codesOf(seam), idle);
    assert.deepEqual(await seam.everything(), before);
  });

  for (const [what, [sql, code, mended]] of Object.entries(wrongRows)) {
    it(`with ${what} are told, and ${mended ? 'repaired' : 'left to people'}: ${code}`, async (t) => {
      const seam = await patient(t);
      await query(inSchema(seam, sql));
      const found = (await findingsOf(seam)).find((finding) => finding.code === code);
      assert.deepEqual(
        [found?.severity, found?.fixable, found?.fixed],
        ['problem', mended !== undefined, false],
      );
      const findings = await findingsOf(seam, { fix: true });
      assert.equal(findings.find((each) => each.code === code)?.fixed, mended !== undefined);
      if (mended === undefined) return;
      assert.deepEqual(await read(seam, mended[0]), mended[1]);
      assert.deepEqual(await codesOf(seam), idle);
    });
  }

  it('of a workflow that are counted wrongly are told, and repaired with its status', async (t) => {
    const seam = await open(t);
    const queue = new JobQueue(seam.place.address, { inPlace: true });
    t.after(() => queue.close());
    const flow = new Workflow('flow');
    flow.addTask(task('greet', () => 'hello'));
    await flow.submitAll(queue);
    await query(
      inSchema(
        seam,
        "UPDATE gigq_workflows SET pending = 0, completed = 1, status = 'completed', completed_at = 1",
      ),
    );
    assert.ok((await codesOf(seam)).includes('counts_wrong'));
    await findingsOf(seam, { fix: true });
    const counts = 'SELECT status, jobs, pending, completed, completed_at FROM gigq_workflows';
    assert.deepEqual(await read(seam, counts), [['running', 1, 1, 0, null]]);
    assert.deepEqual(await codesOf(seam), idle);
  });

  it('that others write meanwhile are not repaired: nothing has changed, and it can be tried again', async (t) => {
    const seam = await patient(t);
    await query(`UPDATE ${seam.place.schema}.jobs SET waiting_for = 1 WHERE id = 'other'`);
    const driver = new Driver(await loadPg(), parseAddress(seam.place.address), systemClock);
    const connection = new Connection(driver, 'full');
    t.after(() => connection.close());
    await query(`BEGIN; LOCK TABLE ${seam.place.schema}.jobs IN ROW EXCLUSIVE MODE`);
    const refused = await repair(connection).catch((error: unknown) => error);
    await query('ROLLBACK');
    assert.ok(refused instanceof Passing && refused.kind === 'locked');
    assert.deepEqual(await codesOf(seam), ['waiting_wrong', ...idle]);
    await repair(connection);
    assert.deepEqual(await codesOf(seam), idle);
  });
});

describe('jobs in a schema that crash', () => {
  it('are told as suspects, and before their last crash', async (t) => {
    const seam = await open(t);
    await seam.enqueue(newJob('job-0'), newJob('job-1'));
    const worker = await seam.worker();
    const [first, second] = await worker.take(2);
    assert.ok(first !== undefined && second !== undefined);
    await worker.end(first, { ...lost, kind: 'crashed' });
    await worker.end(second, { ...lost, kind: 'suspected' });
    await worker.end(await worker.takeOne(), { ...lost, kind: 'crashed' });
    const told = (await findingsOf(seam)).map(({ code, message }) => [code, message]);
    assert.ok(told.some(([code, message]) => code === 'suspects' && /job-1/u.test(message ?? '')));
    assert.ok(
      told.some(
        ([code, message]) => code === 'crash_budget' && /2 of 3 crashes/u.test(message ?? ''),
      ),
      JSON.stringify(told),
    );
  });
});

describe('a worker that holds a job in a schema', () => {
  async function held(t: TestContext, properties: object): Promise<PostgresSeam> {
    const seam = await open(t);
    await seam.enqueue(newJob('held'));
    const worker = await seam.worker('w1', properties);
    await worker.takeOne();
    return seam;
  }

  it('and is dead for certain is told, and its job is given back by a repair', async (t) => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const seam = await held(t, { ...processIdentity(), pid });
    const [finding] = await findingsOf(seam);
    assert.deepEqual([finding?.code, finding?.fixable], ['worker_dead', true]);
    const findings = await findingsOf(seam, { fix: true });
    assert.deepEqual([findings[0]?.code, findings[0]?.fixed], ['worker_dead', true]);
    assert.equal(await seam.statusOf('held'), 'pending');
  });

  it('and is silent on another host is told, by the clock of the server, and keeps it', async (t) => {
    const seam = await held(t, { host: 'elsewhere', bootId: 'another' });
    assert.deepEqual(await codesOf(seam), []);
    await seam.clock.advance(60_000);
    await seam.counted();
    const findings = await findingsOf(seam, { fix: true });
    assert.deepEqual(
      findings.map(({ code, fixable }) => [code, fixable]),
      [['worker_silent', false]],
    );
    assert.match(findings[0]?.message ?? '', /not heard of for 60 s/u);
    assert.equal(await seam.statusOf('held'), 'running');
  });
});
