import type { Command } from 'commander';
import type { JobQueue, JobStatus } from '../../index.ts';
import { Failure, jobNotFound } from '../failure.ts';
import { withCommonOptions } from '../options.ts';
import { print, printJson } from '../output.ts';
import { withExistingQueue } from '../queue.ts';
import type { CommonOptions } from '../settings.ts';

interface Change {
  readonly verb: string;
  readonly done: string;
  readonly apply: (queue: JobQueue, id: string) => Promise<boolean>;
  /** What to do when it did not work. */
  readonly hint: (queue: JobQueue, id: string) => Promise<string>;
}

const cancel: Change = {
  verb: 'cancelled',
  done: 'Job cancelled',
  apply: (queue, id) => queue.cancel(id),
  hint: async () => 'Only a job that has not ended can be cancelled.',
};

const requeue: Change = {
  verb: 'requeued',
  done: 'Job requeued',
  apply: (queue, id) => queue.requeueJob(id),
  hint: whyNotRequeued,
};

async function statusOf(queue: JobQueue, id: string): Promise<JobStatus> {
  const job = await queue.getStatus(id);
  if (job === undefined) throw jobNotFound(id);
  return job.status;
}

/** A cancelled job is kept down by a parent, which has to be requeued instead. */
async function whyNotRequeued(queue: JobQueue, id: string): Promise<string> {
  const { status, reasons } = await queue.why(id);
  return status === 'cancelled'
    ? reasons.map(({ message }) => message).join(' ')
    : 'Only a job that is failed, timeout or cancelled can be requeued.';
}

async function change(id: string, options: CommonOptions, what: Change): Promise<void> {
  const status = await withExistingQueue(options, async (queue) => {
    const isDone = await what.apply(queue, id);
    const found = await statusOf(queue, id);
    if (isDone) return found;
    throw new Failure(`Job ${id} cannot be ${what.verb}: it is ${found}.`, {
      code: 'not_possible',
      hint: await what.hint(queue, id),
    });
  });
  await (options.json ? printJson({ id, status }) : print(`${what.done}: ${id}`));
}

function define(program: Command, name: string, what: Change): Command {
  const command = program.command(name).argument('<id>', 'the id of the job');
  return withCommonOptions(command).action((id: string, options: CommonOptions) =>
    change(id, options, what),
  );
}

export function defineCancel(program: Command): void {
  define(program, 'cancel', cancel).description('take a job out, stopping it if it runs');
}

export function defineRequeue(program: Command): void {
  define(program, 'requeue', requeue).description('run a failed, timed out or cancelled job again');
}
