// What the doctor finds in the rows of a sound file, and what it repairs of it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { JobQueue, task, Workflow } from 'gigq';
import { doctor } from 'gigq/admin';
import type { ProcessLost } from '../../dist/core/decide.js';
import { processIdentity } from '../../dist/worker/identity.js';
import {
  assertFound,
  codesOf,
  idle,
  newPatient,
  type Patient,
  patient,
  read,
  write,
} from '../helpers/patient.ts';
import { lost, newJob, newJobs } from '../helpers/store-seam.ts';
import { SqliteSeam } from '../helpers/store-sqlite.ts';
import { wrongCounts, wrongRows } from '../helpers/wrong-rows.ts';

const wrong = { ...wrongCounts, ...wrongRows };

describe('rows', () => {
  for (const [what, [sql, code, mended]] of Object.entries(wrong)) {
    it(`with ${what} are told: ${code}`, async () => {
      const here = await patient();
      write(here.path, sql);
      const { severity, fixable } = await assertFound(here, code);
      assert.deepEqual([severity, fixable], ['problem', mended !== undefined]);
    });

    it(`with ${what} are ${mended ? 'repaired' : 'left to people'}`, async () => {
      const { path } = await patient();
      write(path, sql);
      const { findings } = await doctor(path, { fix: true });
      const finding = findings.find((each) => each.code === code);
      assert.equal(finding?.fixed, mended !== undefined);
      if (mended === undefined) return;
      assert.deepEqual(read(path, mended[0]), mended[1]);
      assert.deepEqual(await codesOf(path), idle);
    });
  }

  it('of a workflow that are counted wrongly are told, and repaired with its status', async () => {
    const { path } = newPatient();
    await using queue = new JobQueue(path, { inPlace: true });
    const flow = new Workflow('flow');
    flow.addTask(task('greet', () => 'hello'));
    await flow.submitAll(queue);
    write(path, "UPDATE gigq_workflows SET pending = 0, completed = 1, status = 'completed'");
    assert.ok((await codesOf(path)).includes('counts_wrong'));
    await doctor(path, { fix: true });
    const counts = 'SELECT status, jobs, pending, completed FROM gigq_workflows';
    assert.deepEqual(read(path, counts), [['running', 1, 1, 0]]);
  });
});

describe('jobs that crash', () => {
  /** So many jobs, of which the first was lost in such ways, one after the other. */
  async function crashed(count: number, ...kinds: ProcessLost['kind'][]): Promise<Patient> {
    const here = newPatient();
    const seam = new SqliteSeam(here.path);
    await seam.enqueue(...newJobs(count));
    const worker = await seam.worker();
    for (const kind of kinds) await worker.end(await worker.takeOne(), { ...lost, kind });
    await seam.store.close();
    return here;
  }

  it('as suspects are told, by their ids and tasks; all are well', async () => {
    const here = await crashed(1, 'suspected');
    const finding = await assertFound(here, 'suspects', /: job-0 \(greet\)$/u);
    assert.equal(finding.severity, 'advice');
    assert.deepEqual(await codesOf(here.path), ['suspects', ...idle]);
  });

  it('and fail with the next time are told', async () => {
    const crashes = await crashed(1, 'crashed', 'crashed');
    await assertFound(crashes, 'crash_budget', /: job-0 \(greet\): 2 of 3 crashes$/u);
    const leases = await crashed(1, 'expired', 'expired', 'expired', 'expired');
    await assertFound(leases, 'crash_budget', /: job-0 \(greet\): 4 of 5 expired leases$/u);
    assert.deepEqual(await codesOf(leases.path), ['crash_budget', ...idle]);
  });

  it('and have failed are told no more', async () => {
    const here = await crashed(1, 'crashed', 'crashed', 'crashed');
    assert.deepEqual(await codesOf(here.path), []);
  });

  it('have a lane of their own, which is counted by itself', async () => {
    const here = await crashed(2, 'suspected');
    write(here.path, 'UPDATE gigq_lanes SET pending = 5 WHERE suspect = 1');
    await assertFound(here, 'counts_wrong', /: default\/greet \(suspects\)$/u);
    await doctor(here.path, { fix: true });
    const counts = 'SELECT suspect, pending FROM gigq_lanes ORDER BY suspect';
    assert.deepEqual(read(here.path, counts), [
      [0, 1],
      [1, 1],
    ]);
  });

  it('are waited for with others of their task: it is named once', async () => {
    const here = await crashed(1, 'suspected');
    const seam = new SqliteSeam(here.path);
    await seam.enqueue(newJob('innocent'));
    await seam.store.close();
    await assertFound(here, 'no_worker', /runs: greet$/u);
  });
});

describe('a worker that holds a job', () => {
  /** A worker with a job, last heard of when the clock of the tests says. */
  async function held(properties: object): Promise<Patient> {
    const here = newPatient();
    const seam = new SqliteSeam(here.path);
    await seam.enqueue(newJob('held'));
    const worker = await seam.worker('w1', properties);
    await worker.takeOne();
    await seam.store.close();
    return here;
  }

  const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid;

  it('and is dead for certain is told, and its job is given back by a repair', async () => {
    const here = await held({ ...processIdentity(), pid: deadPid() });
    const finding = await assertFound(
      here,
      'worker_dead',
      /worker-w1 \(process \d+ on .*holds a job/u,
    );
    assert.equal(finding.fixable, true);
    const { findings } = await doctor(here.path, { fix: true });
    assert.equal(findings[0]?.fixed, true);
    assert.deepEqual(read(here.path, 'SELECT status FROM gigq_jobs'), [['pending']]);
    assert.deepEqual(await codesOf(here.path), ['suspects', ...idle]);
  });

  it('and was held for dead is told, and its job is given back by a repair', async () => {
    const here = await held({});
    write(here.path, 'UPDATE gigq_workers SET lost_at = heartbeat_at');
    await assertFound(here, 'worker_dead');
    await doctor(here.path, { fix: true });
    assert.deepEqual(await codesOf(here.path), idle);
  });

  it('and is silent on another host is told, and keeps it', async () => {
    const here = await held({ host: 'elsewhere', bootId: 'another' });
    const finding = await assertFound(here, 'worker_silent', /was not heard of for \d+ s/u);
    assert.equal(finding.fixable, false);
    await doctor(here.path, { fix: true });
    assert.deepEqual(read(here.path, 'SELECT status FROM gigq_jobs'), [['running']]);
  });

  it('and beats is well', async () => {
    const here = await held(processIdentity());
    write(here.path, `UPDATE gigq_workers SET heartbeat_at = ${Date.now()}`);
    assert.deepEqual(await codesOf(here.path), []);
  });
});
