// What becomes of programs whose database is theirs no more: taken away, replaced, or migrated by a newer gigq.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type ErrorCode, task } from 'gigq';
import { createProject } from '../fixtures/cli/project.ts';
import { within } from './store-process.ts';
import { next, place } from './worker-place.ts';

export const greet = task('greet', () => 'hello');

/** What happens to the database at that path. */
export type Happening = (database: string) => void;

/** Asserts that a worker that has nothing to do, and hears of nothing, ends by itself within two seconds. */
export async function assertIdleWorkerEnds(
  t: TestContext,
  happen: Happening,
  code: ErrorCode,
): Promise<void> {
  const here = place(t);
  const worker = here.worker({ pollingInterval: '1h', tasks: [greet] });
  const running = worker.start();
  await next(worker, 'idle');
  happen(here.database);
  await assert.rejects(within(2000, running, 'the end of the worker'), { code });
}

/** Asserts that `gigq worker` ends with 1, and that it says why. */
export async function assertCommandEnds(
  t: TestContext,
  happen: Happening,
  why: RegExp,
): Promise<void> {
  const project = createProject(t);
  const command = project.start(['worker', '--tasks', 'tasks.ts']);
  await command.says('The worker is ready');
  happen(project.path('gigq.db'));
  const { code, stderr } = await within(5000, command.outcome, 'the end of the command');
  assert.equal(code, 1);
  assert.match(stderr, why);
}
