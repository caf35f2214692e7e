/** Lanes: a queue and a task each, their suspects apart. They are few and never removed, so they are remembered. */
import type { Lane } from '../rows.ts';
import type { Values } from './connection.ts';
import type { Statements } from './statements.ts';

type LaneKey = Omit<Lane, 'id'>;

export type AddLanes = (values: Values) => Promise<unknown>;

export class Lanes {
  readonly #connection: Statements;
  readonly #addAll: AddLanes;
  readonly #lanes = new Map<number, Lane>();
  readonly #ids = new Map<string, number>();

  /** `add` adds lanes: by default within the transaction. */
  constructor(connection: Statements, add?: AddLanes) {
    this.#connection = connection;
    this.#addAll = add ?? ((values) => connection.all('addLanes', values));
  }

  /** All that are known. */
  get known(): readonly Lane[] {
    return [...this.#lanes.values()];
  }

  has(key: LaneKey): boolean {
    return this.#ids.has(textOf(key));
  }

  /** Whether it is known which lane a job of this lane is in, as a suspect or as none. */
  hasCounterpart(id: number, isSuspect: boolean): boolean {
    const lane = this.#lanes.get(id);
    return lane !== undefined && this.has({ ...lane, suspect: Number(isSuspect) });
  }

  /** Learns of all that there are. */
  async load(): Promise<void> {
    const rows = (await this.#connection.all('lanes')) as unknown as readonly Lane[];
    for (const lane of rows) {
      this.#lanes.set(lane.id, lane);
      this.#ids.set(textOf(lane), lane.id);
    }
  }

  /** The ids of lanes, in their order; adds those that are missing. */
  async idsOf(keys: readonly LaneKey[]): Promise<readonly number[]> {
    if (this.#missing(keys).length > 0) await this.load();
    const missing = this.#missing(keys);
    if (missing.length > 0) await this.#add(missing);
    return keys.map((key) => this.#ids.get(textOf(key)) as number);
  }

  /** Lanes by their ids. */
  async get(ids: readonly number[]): Promise<readonly Lane[]> {
    if (ids.some((id) => !this.#lanes.has(id))) await this.load();
    return ids.map((id) => this.#lanes.get(id) as Lane);
  }

  /** The lanes of the same queues and tasks for suspects, or for those that are none. */
  async counterparts(
    ids: readonly number[],
    areSuspect: readonly boolean[],
  ): Promise<readonly number[]> {
    const lanes = await this.get(ids);
    // A lease that nobody gave may name any lane; what it is written with is never written.
    const keys = lanes.map(
      (lane, place) => lane && { ...lane, suspect: Number(areSuspect[place]) },
    );
    const known = keys.filter((key) => key !== undefined);
    const found = await this.idsOf(known);
    const byText = new Map(known.map((key, place) => [textOf(key), found[place] as number]));
    return keys.map((key, place) => byText.get(key ? textOf(key) : '') ?? (ids[place] as number));
  }

  /** After a rollback: lanes that the transaction added never were. */
  forget(): void {
    this.#lanes.clear();
    this.#ids.clear();
  }

  #missing(keys: readonly LaneKey[]): readonly LaneKey[] {
    const missing = keys.filter((key) => !this.#ids.has(textOf(key)));
    return [...new Map(missing.map((key) => [textOf(key), key])).values()];
  }

  async #add(keys: readonly LaneKey[]): Promise<void> {
    await this.#addAll({
      queues: keys.map(({ queue }) => queue),
      tasks: keys.map(({ task }) => task),
      suspects: keys.map(({ suspect }) => suspect),
    });
    await this.load();
  }
}

function textOf({ suspect, queue, task }: LaneKey): string {
  return `${suspect} ${queue.length} ${queue}${task}`;
}
