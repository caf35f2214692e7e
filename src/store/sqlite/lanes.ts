/** Lanes: a queue and a task each, their suspects apart. They are few and never removed, so they are remembered. */
import { Counts } from '../counts.ts';
import type { Lane } from '../rows.ts';
import type { Connection } from './connection.ts';

type LaneKey = Omit<Lane, 'id'>;

export class Lanes {
  readonly counts = new Counts();
  readonly #connection: Connection;
  readonly #ids = new Map<string, number>();
  readonly #lanes = new Map<number, Lane>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The lane's id; adds the lane if need be. Within a write transaction only. */
  idOf(queue: string, task: string, suspect = 0): number {
    const key = `${suspect} ${queue.length} ${queue}${task}`;
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#find({ queue, task, suspect });
      this.#ids.set(key, id);
    }
    return id;
  }

  /** The lane of the same queue and task for suspects, or for those that are none. */
  counterpart(id: number, isSuspect: boolean): number {
    const { queue, task, suspect } = this.get(id);
    return suspect === Number(isSuspect) ? id : this.idOf(queue, task, Number(isSuspect));
  }

  get(id: number): Lane {
    let lane = this.#lanes.get(id);
    if (lane === undefined) {
      lane = this.#connection.get('lane', { id }) as unknown as Lane;
      this.#lanes.set(id, lane);
    }
    return lane;
  }

  #find(lane: LaneKey): number {
    const row =
      this.#connection.get('laneId', { ...lane }) ?? this.#connection.get('addLane', { ...lane });
    return Number(row?.['id']);
  }

  /** Whether the transaction did anything to suspects: what it made ready is not written yet. */
  get hasNewSuspects(): boolean {
    return this.counts.owners.some((id) => this.get(id).suspect === 1);
  }

  /** Lanes that have ready suspects. */
  readySuspects(): Lane[] {
    this.flush();
    return this.#connection.all('readySuspects') as unknown as Lane[];
  }

  /** Lanes that have ready jobs. */
  ready(): Lane[] {
    this.flush();
    return this.#connection.all('readyLanes') as unknown as Lane[];
  }

  /** Writes the counts; before each commit, and before lanes are looked for. */
  flush(): void {
    this.counts.flush((lane, change) => {
      this.#connection.run('countLane', { lane, ...change });
    });
  }

  /** After a rollback: lanes and counts of the transaction never were. */
  forget(): void {
    this.counts.forget();
    this.#ids.clear();
    this.#lanes.clear();
  }
}
