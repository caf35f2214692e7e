// What the commands show of a job that takes its process with it: while it may run again, and once it is given up.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Job, type JobDetails } from 'gigq';
import { createProject, type Project } from '../fixtures/cli/project.ts';

async function textOf(project: Project, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await project.run(args);
  assert.equal(code, 0, stderr);
  return stdout;
}

describe('a job that takes its worker with it, on the command line', () => {
  it('is a suspect that others run apart, until it is given up', async (t) => {
    const project = createProject(t);
    const job = new Job({ task: 'deadly', id: 'd', maxAttempts: 1 });
    await project.with((queue) => queue.submit(job));
    const args = ['worker', '--tasks', 'tasks.ts', '--worker-id', 'victim', '--drain'];
    assert.equal((await project.run(args)).signal, 'SIGKILL');

    assert.match(
      await textOf(project, 'workers'),
      /^victim .+ 1\/1 +\d+s +active\n\nWorker +Job/mu,
    );
    assert.match(await textOf(project, 'why', 'd'), /^It runs at victim \(worker victim, process/u);

    await project.run(['doctor', '--fix']);
    const advice = await textOf(project, 'doctor');
    assert.match(
      advice,
      /^advice {2}Jobs that may have ended a process: d \(deadly\) \[suspects\]$/mu,
    );
    const status = await textOf(project, 'status', 'd');
    assert.match(status, /^Attempts: 0 \/ 1\nCrashes: 1\nSuspect: yes, .+$/mu);
    assert.match(
      await textOf(project, 'why', 'd'),
      /^It waits as a suspect\. Its run #1 was lost/mu,
    );

    await project.drain();
    const given = await project.json<JobDetails>(['status', 'd']);
    assert.partialDeepStrictEqual(given, { status: 'failed', crashes: 3, attempts: 0 });
    const why = await textOf(project, 'why', 'd');
    assert.match(why, /3 times\. The last time: Its process \d+ was ended by SIGKILL\.\n/u);
    assert.match(why, /gigq requeue d\.\n$/u);
  });
});
