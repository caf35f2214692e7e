/** Units, carried out by the operations of one transaction. */
import { isRefusal } from '../batching.ts';
import { answersFrom, type Group, joined } from '../groups.ts';
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
    return answersFrom(group, await this.#one(joined(group)));
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
