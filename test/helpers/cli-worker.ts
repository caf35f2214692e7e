// Workers and services as somebody starts them in a shell, and ends them there.
import assert from 'node:assert/strict';
import { Job, type JobOptions } from 'gigq';
import type { Project, Running } from '../fixtures/cli/project.ts';

export const withTasks = ['worker', '--tasks', 'tasks.ts'];

export function submit(
  project: Project,
  task: string,
  count = 1,
  options: JobOptions = {},
): Promise<unknown> {
  const jobs = Array.from({ length: count }, () => new Job({ task, ...options }));
  return project.with((queue) => queue.submitMany(jobs));
}

/** Submits a job that does not end by itself, and starts a worker; resolves once the job runs. */
export async function working(
  project: Project,
  task: 'endless' | 'deaf',
  ...args: readonly string[]
): Promise<Running> {
  await submit(project, task);
  const worker = project.start([...withTasks, ...args]);
  await worker.says(`${task} runs`);
  return worker;
}

/** The signals that stop a worker, each with the code by which a shell tells that it ended a program. */
export const stopSignals = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;

/** Asserts that the signal ends it when it comes again after it was heeded. */
export async function assertSecondEnds(
  worker: Running,
  signal: NodeJS.Signals,
  heeded: string,
): Promise<void> {
  worker.child.kill(signal);
  await worker.says(heeded);
  worker.child.kill(signal);
  const outcome = await worker.outcome;
  assert.deepEqual([outcome.code, outcome.signal], [null, signal]);
}
