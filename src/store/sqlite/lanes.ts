/**
 * Lanes: a queue and a task each. They are few and never removed, so their ids are remembered; what a transaction
 * does to their counts is gathered and written once, before it commits.
 */
import { statuses, type JobStatus } from '../../core/state.ts';
import type { Connection } from './connection.ts';

export interface Lane {
  readonly id: number;
  readonly queue: string;
  readonly task: string;
}

type Counts = Record<JobStatus, number>;

export class Lanes {
  readonly #connection: Connection;
  readonly #ids = new Map<string, number>();
  readonly #changes = new Map<number, Counts>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The lane's id; adds the lane if need be. Within a write transaction only. */
  idOf(queue: string, task: string): number {
    const key = `${queue.length} ${queue}${task}`;
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#find({ queue, task });
      this.#ids.set(key, id);
    }
    return id;
  }

  #find(lane: { queue: string; task: string }): number {
    const row = this.#connection.get('laneId', lane) ?? this.#connection.get('addLane', lane);
    return Number(row?.['id']);
  }

  /** Lanes that have ready jobs. */
  ready(): Lane[] {
    return this.#connection.all('readyLanes') as unknown as Lane[];
  }

  /** Counts jobs of a lane as moved from one state to another; null stands for "not stored". */
  move(lane: number, from: JobStatus | null, to: JobStatus | null, jobs = 1): void {
    const changes = this.#changesOf(lane);
    if (from !== null) changes[from] -= jobs;
    if (to !== null) changes[to] += jobs;
  }

  #changesOf(lane: number): Counts {
    let changes = this.#changes.get(lane);
    if (changes === undefined) {
      changes = Object.fromEntries(statuses.map((status) => [status, 0])) as Counts;
      this.#changes.set(lane, changes);
    }
    return changes;
  }

  /** Writes the counts; before each commit, and before a claim looks for lanes with ready jobs. */
  flush(): void {
    for (const [lane, changes] of this.#changes) {
      this.#connection.run('countLane', { lane, ...changes });
    }
    this.#changes.clear();
  }

  /** After a rollback: lanes and counts of the transaction never were. */
  forget(): void {
    this.#changes.clear();
    this.#ids.clear();
  }
}
