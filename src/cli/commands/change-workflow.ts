import type { Command } from 'commander';
import type { WorkflowHandle } from '../../index.ts';
import { Failure } from '../failure.ts';
import { withNotes } from '../help-notes.ts';
import { withCommonOptions } from '../options.ts';
import { print, printJson } from '../output.ts';
import { withExistingQueue } from '../queue.ts';
import type { CommonOptions } from '../settings.ts';

interface Change {
  readonly verb: 'cancelled' | 'requeued';
  readonly done: string;
  readonly hint: string;
  readonly apply: (workflow: WorkflowHandle) => Promise<number>;
}

const cancel: Change = {
  verb: 'cancelled',
  done: 'Cancelled',
  hint: 'Only jobs that have not ended can be cancelled.',
  apply: (workflow) => workflow.cancel(),
};

const requeue: Change = {
  verb: 'requeued',
  done: 'Requeued',
  hint: 'Only jobs that are failed, timeout or cancelled can be requeued; `gigq why <id>` tells if a parent keeps one down.',
  apply: (workflow) => workflow.requeue(),
};

async function change(id: string, options: CommonOptions, what: Change): Promise<void> {
  const { count, status } = await withExistingQueue(options, async (queue) => {
    const workflow = queue.getWorkflow(id);
    const changed = await what.apply(workflow);
    const info = await workflow.status();
    if (changed > 0) return { count: changed, status: info.status };
    throw new Failure(`No job of workflow ${id} can be ${what.verb}: it is ${info.status}.`, {
      code: 'not_possible',
      hint: what.hint,
    });
  });
  await (options.json
    ? printJson({ id, status, [what.verb]: count })
    : print(`${what.done} ${count === 1 ? '1 job' : `${count} jobs`}.`));
}

function define(group: Command, name: string, what: Change): Command {
  const command = group.command(name).argument('<id>', 'the id of the workflow');
  return withCommonOptions(command).action((id: string, options: CommonOptions) =>
    change(id, options, what),
  );
}

export function defineCancel(group: Command): void {
  define(group, 'cancel', cancel).description('cancel every job that has not ended');
}

const notes = `
What a failed job took down comes back with it. What completed is kept.
`;

export function defineRequeue(group: Command): void {
  const command = define(group, 'requeue', requeue);
  withNotes(command, notes).description('run again what failed, timed out or was cancelled');
}
