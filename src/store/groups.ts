/** Which units that share a transaction are carried out as one, whatever the dialect: many submits, each of one job, cost one statement. */
import type { NewJob } from '../core/job.ts';
import type { Answer, Operation, Unit } from './store.ts';
import { parentsOf } from './submission.ts';

/** Units that follow each other and can be carried out as one. */
export type Group = readonly Unit[];

/** Operations whose batches can be put together: what becomes of one item does not depend on where another one's unit ends. */
const joinable: ReadonlySet<Operation> = new Set(['enqueue', 'settle', 'progress', 'outcomes']);

export function groupsOf(units: readonly Unit[]): readonly Group[] {
  const groups: Unit[][] = [];
  const named = new Set<string>();
  for (const unit of units) {
    const group = groups.at(-1);
    if (group !== undefined && joins(unit, group, named)) group.push(unit);
    else {
      named.clear();
      groups.push([unit]);
    }
    if (unit.op === 'enqueue') for (const job of unit.input) name(job, named);
  }
  return groups;
}

/** A job that a unit before it stores as well, or waits for, has to be looked for once that one is carried out. */
function joins(unit: Unit, group: Group, named: ReadonlySet<string>): boolean {
  if (group[0]?.op !== unit.op || !joinable.has(unit.op)) return false;
  return unit.op !== 'enqueue' || !unit.input.some(({ id }) => named.has(id));
}

function name(job: NewJob, named: Set<string>): void {
  named.add(job.id);
  for (const { id } of parentsOf(job)) named.add(id);
}

/** All units of a group as one. */
export function joined(group: Group): Unit {
  const [first] = group as readonly [Unit];
  if (group.length === 1) return first;
  return { ...first, input: group.flatMap(itemsOf) } as unknown as Unit;
}

/** What each unit of a group is answered, when the one that they were made into is; undefined if that was refused. */
export function answersFrom(group: Group, answer: Answer): readonly Answer[] | undefined {
  if (group.length === 1) return [answer];
  if (!answer.ok) return undefined;
  const replies = answer.reply as unknown as readonly unknown[];
  let start = 0;
  return group.map((unit) => {
    const reply = replies.slice(start, (start += itemsOf(unit).length));
    return { ok: true, reply } as unknown as Answer;
  });
}

function itemsOf({ input }: Unit): readonly unknown[] {
  return input as readonly unknown[];
}
