/** Lanes: a queue and a task each. They are few and never removed, so their ids are remembered. */
import type { Connection } from './connection.ts';
import { Counts } from './counts.ts';

export interface Lane {
  readonly id: number;
  readonly queue: string;
  readonly task: string;
}

export class Lanes {
  readonly counts = new Counts();
  readonly #connection: Connection;
  readonly #ids = new Map<string, number>();

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

  /** Writes the counts; before each commit, and before a claim looks for lanes with ready jobs. */
  flush(): void {
    this.counts.flush((lane, change) => {
      this.#connection.run('countLane', { lane, ...change });
    });
  }

  /** After a rollback: lanes and counts of the transaction never were. */
  forget(): void {
    this.counts.forget();
    this.#ids.clear();
  }
}
