import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { WorkerInfo } from 'gigq';
import { createProject } from '../fixtures/cli/project.ts';
import { assertSecondEnds, stopSignals, working } from '../helpers/cli-worker.ts';

const two = ['--processes', '2'];

describe('worker --processes', () => {
  test('says how many it has started, works as told, and ends with 0 by SIGTERM', async (t) => {
    const project = createProject(t);
    const options = [...two, '--worker-id', 'w', '--concurrency', '3', '--queues', 'default'];
    const running = await working(project, 'endless', ...options, '--shutdown-timeout', '0');
    assert.match(running.stderr, /^Worker processes started: 2, on gigq\.db$/mu);
    const info = await project.json<WorkerInfo>(['list', '--status', 'running']);
    assert.match((info as unknown as { workerId: string }).workerId, /^w\.[01]-[0-2]$/u);
    running.child.kill('SIGTERM');
    const { code, stdout } = await running.outcome;
    assert.deepEqual([code, stdout], [0, '']);
    assert.partialDeepStrictEqual(await project.json(['stats']), { running: 0, pending: 1 });
    assert.equal((await project.run(['workers'])).stdout, 'No workers found.\n');
  });

  for (const [signal, code] of stopSignals) {
    test(`a second ${signal} ends it at once, by that signal (a shell says ${code})`, async (t) => {
      const running = await working(createProject(t), 'deaf', ...two, '--log-format', 'json');
      await assertSecondEnds(running, signal, 'The service stops');
    });
  }

  test('a module that throws ends it with 1 and the reason on one line', async (t) => {
    const project = createProject(t);
    writeFileSync(project.path('bad.ts'), "throw new RangeError('no such planet');");
    const { code, stderr } = await project.run(['worker', '--tasks', 'bad.ts', '--processes', '1']);
    assert.equal(code, 1);
    assert.match(stderr, /^gigq: 5 times in a row .*no such planet\. \[service_failed\] /mu);
  });
});
