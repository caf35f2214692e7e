/** Workflows: their rows, and the counts and the status that follow from what becomes of their jobs. */
import type { Lease, NewWorkflow } from '../../core/job.ts';
import { statuses } from '../../core/state.ts';
import { workflowOutcomes } from '../../core/workflow.ts';
import { Counts } from '../counts.ts';
import type { WorkerKey } from '../store.ts';
import type { Statements } from './statements.ts';

export class Workflows {
  readonly counts = new Counts();
  readonly #connection: Statements;

  constructor(connection: Statements) {
    this.#connection = connection;
  }

  /** Stores the workflow unless it is stored; returns its place in the order of insertion. */
  async add({ id, name }: NewWorkflow): Promise<number> {
    const [, row] = await Promise.all([
      this.#connection.all('addWorkflow', { id, name }),
      this.#connection.get('findWorkflow', { id }),
    ]);
    return Number(row?.['seq']);
  }

  /** Writes the counts, and how workflows stand by them; before each commit, and before workflows are looked at. */
  async flush(): Promise<void> {
    await this.#writeCounts(standing);
  }

  /**
   * Writes that jobs were removed: how a workflow ended stays as it is. Then removes those that ended before and of
   * which no job is left.
   */
  async flushRemovals(before: number): Promise<void> {
    await this.#writeCounts(asItIs);
    await this.#connection.all('forgetWorkflows', { before });
  }

  async #writeCounts(stands: typeof standing): Promise<void> {
    const changes: [workflow: number, state: string, change: number][] = [];
    this.counts.flush((workflow, change) => {
      for (const status of statuses)
        if (change[status] !== 0) changes.push([workflow, status, change[status]]);
    });
    if (changes.length === 0) return;
    await this.#connection.all('countWorkflows', {
      workflows: changes.map(([workflow]) => workflow),
      states: changes.map(([, state]) => state),
      changes: changes.map(([, , change]) => change),
      ...columnsOf(nothing),
      ...stands,
    });
  }
}

type Key = Pick<Lease, 'seq' | 'token'>;

/** What a transaction that is sent in one piece has done, whatever came of it. */
export interface Moved {
  /** By which it may have settled jobs, each of them once. */
  readonly settled: readonly Key[];
  readonly claimants: readonly WorkerKey[];
  readonly tokens: readonly number[];
}

const nothing: Moved = { settled: [], claimants: [], tokens: [] };

/** Counts what became of the jobs of workflows in this transaction. */
export async function countMoved(connection: Statements, moved: Moved): Promise<void> {
  const given = { workflows: [], states: [], changes: [] };
  await connection.all('countWorkflows', { ...given, ...columnsOf(moved), ...standing });
}

function columnsOf({ settled, claimants, tokens }: Moved) {
  return {
    settled: settled.map(({ seq }) => seq),
    leases: settled.map(({ token }) => token),
    instances: claimants.map(({ instance }) => instance),
    epochs: claimants.map(({ epoch }) => epoch),
    tokens,
  };
}

const standing = {
  ranked: workflowOutcomes.map(([state]) => state),
  outcomes: workflowOutcomes.map(([, outcome]) => outcome as string),
};
const asItIs: typeof standing = { ranked: [], outcomes: [] };
