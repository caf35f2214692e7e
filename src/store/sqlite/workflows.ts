/** Workflows: their rows, and the counts and the status that follow from what becomes of their jobs. */
import type { NewWorkflow } from '../../core/job.ts';
import { type JobCounts, workflowStatus } from '../../core/workflow.ts';
import type { Clock } from '../store.ts';
import type { Connection } from './connection.ts';
import { Counts } from '../counts.ts';

export class Workflows {
  readonly counts = new Counts();
  readonly #connection: Connection;
  readonly #clock: Clock;
  #last: { readonly seq: number; readonly id: string } | null = null;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Stores the workflow unless it is stored; returns its place in the order of insertion. */
  add({ id, name }: NewWorkflow): number {
    this.#connection.run('addWorkflow', { id, name, now: this.#clock.wall() });
    return Number(this.#connection.get('findWorkflow', { id })?.['seq']);
  }

  /** The workflow's id; null of none. Jobs of one workflow are claimed one after the other: the last one is remembered. */
  idOf(seq: number | null): string | null {
    if (seq === null) return null;
    if (this.#last?.seq !== seq) {
      this.#last = { seq, id: String(this.#connection.get('workflowId', { seq })?.['id']) };
    }
    return this.#last.id;
  }

  /** Writes the counts; before each commit, and before workflows are looked at. */
  flush(): void {
    this.counts.flush((workflow, change) => {
      const row = this.#connection.get('countWorkflow', { workflow, ...change });
      if (row !== undefined) this.#writeStatus(workflow, row as unknown as JobCounts & Standing);
    });
  }

  #writeStatus(workflow: number, row: JobCounts & Standing): void {
    const status = workflowStatus(row);
    if (status === row.status) return;
    const completedAt = status === 'running' ? null : this.#clock.wall();
    this.#connection.run('workflowStatus', { workflow, status, completedAt });
  }

  /**
   * Writes that jobs were removed: how a workflow ended stays as it is. Then removes those that ended before and of
   * which no job is left.
   */
  flushRemovals(before: number): void {
    this.counts.flush((workflow, change) => {
      this.#connection.get('countWorkflow', { workflow, ...change });
    });
    this.#connection.run('forgetWorkflows', { before });
  }

  /** After a rollback. */
  forget(): void {
    this.counts.forget();
    this.#last = null;
  }
}

interface Standing {
  readonly status: string;
}
