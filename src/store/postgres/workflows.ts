/** Workflows: their rows, and the counts and the status that follow from what becomes of their jobs. */
import type { NewWorkflow } from '../../core/job.ts';
import { statuses } from '../../core/state.ts';
import { type JobCounts, workflowStatus } from '../../core/workflow.ts';
import { type Change, Counts } from '../counts.ts';
import type { Values } from './connection.ts';
import type { Statements } from './statements.ts';

interface Counted extends JobCounts {
  readonly seq: number;
  readonly status: string;
}

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

  /** The ids of workflows, by their places. */
  async idsOf(seqs: readonly (number | null)[]): Promise<ReadonlyMap<number | null, string>> {
    const wanted = [...new Set(seqs.filter((seq) => seq !== null))];
    if (wanted.length === 0) return new Map();
    const rows = await this.#connection.all('workflowIds', { seqs: wanted });
    return new Map(rows.map(({ seq, id }) => [Number(seq), String(id)]));
  }

  /** Writes the counts; before each commit, and before workflows are looked at. */
  async flush(): Promise<void> {
    const counted = await this.#writeCounts();
    const changed = counted.filter((row) => workflowStatus(row) !== row.status);
    if (changed.length === 0) return;
    await this.#connection.all('workflowStatuses', {
      workflows: changed.map(({ seq }) => seq),
      statuses: changed.map((row) => workflowStatus(row)),
    });
  }

  /**
   * Writes that jobs were removed: how a workflow ended stays as it is. Then removes those that ended before and of
   * which no job is left.
   */
  async flushRemovals(before: number): Promise<void> {
    await this.#writeCounts();
    await this.#connection.all('forgetWorkflows', { before });
  }

  async #writeCounts(): Promise<readonly Counted[]> {
    const changes: [number, Change][] = [];
    this.counts.flush((workflow, change) => changes.push([workflow, change]));
    if (changes.length === 0) return [];
    const rows = await this.#connection.all('countWorkflows', columnsOf(changes));
    return rows as unknown as readonly Counted[];
  }
}

function columnsOf(changes: readonly (readonly [number, Change])[]): Values {
  const columns = statuses.map((status) => [status, changes.map(([, change]) => change[status])]);
  const workflows = changes.map(([workflow]) => workflow);
  return { workflows, ...(Object.fromEntries(columns) as Record<string, number[]>) };
}
