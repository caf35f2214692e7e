/** Units, carried out by the operations of one transaction. */
import { isRefusal } from '../batching.ts';
import type { Answer, ClaimRequest, Input, Operation, Operations, Unit } from '../store.ts';
import { claiming } from './claiming.ts';
import type { Asynchronous, Context } from './context.ts';
import { leases } from './leases.ts';
import { looking } from './looking.ts';
import { seeking } from './seeking.ts';
import { settling } from './settling.ts';
import { submitting } from './submitting.ts';
import { tending } from './tending.ts';
import type { Tokens } from './tokens.ts';

export type Group = readonly Unit[];

/** Operations whose batches can be put together: what becomes of one item does not depend on where another one's unit ends. */
const joinable: ReadonlySet<Operation> = new Set(['enqueue', 'settle', 'progress', 'outcomes']);

/** Units that follow each other and can be carried out as one. */
export function groupsOf(units: readonly Unit[]): readonly Group[] {
  const groups: Unit[][] = [];
  for (const unit of units) {
    const group = groups.at(-1);
    if (group !== undefined && group[0]?.op === unit.op && joinable.has(unit.op)) group.push(unit);
    else groups.push([unit]);
  }
  return groups;
}

export function claimsIn(units: readonly Unit[]): readonly ClaimRequest[] {
  return units.flatMap((unit) => (unit.op === 'claim' ? [unit.input] : []));
}

export class Performer {
  readonly #operations: Asynchronous<keyof Operations>;

  constructor(context: Context, tokens: Tokens) {
    this.#operations = {
      ...submitting(context),
      ...claiming(context, tokens),
      ...settling(context),
      ...leases(context),
      ...seeking({ ...tending(context), ...looking(context) }),
    };
  }

  async perform(group: Group): Promise<readonly Answer[]> {
    const together = await this.performTogether(group);
    if (together !== undefined) return together;
    const answers: Answer[] = [];
    for (const unit of group) answers.push(await this.#one(unit));
    return answers;
  }

  /** Units as one batch; undefined if one of many refuses its input: then none has written anything. */
  async performTogether(group: Group): Promise<readonly Answer[] | undefined> {
    const [first] = group as readonly [Unit];
    if (group.length === 1) return [await this.#one(first)];
    const inputs = group.map(({ input }) => input as readonly unknown[]);
    const all = await this.#one({ ...first, input: inputs.flat() } as unknown as Unit);
    if (!all.ok) return undefined;
    const replies = all.reply as unknown as readonly unknown[];
    let start = 0;
    return inputs.map(({ length }) => {
      const reply = replies.slice(start, (start += length));
      return { ok: true, reply } as unknown as Answer;
    });
  }

  /** A unit that refuses its input has written nothing: it fails alone, and the transaction goes on. */
  async #one(unit: Unit): Promise<Answer> {
    const operation = this.#operations[unit.op] as (input: Input<Operation>) => Promise<never>;
    try {
      return { ok: true, reply: await operation(unit.input) };
    } catch (error) {
      if (isRefusal(error)) return { ok: false, error };
      throw error;
    }
  }
}
