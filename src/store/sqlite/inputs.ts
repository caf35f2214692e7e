/** What a running job is given by its parents. */
import type { Inputs, Lease } from '../../core/job.ts';
import { limits } from '../../core/limits.ts';
import type { NoInputs } from '../store.ts';
import type { Context } from './context.ts';
import { toParentEnding } from './rows.ts';

/** The sizes first: what is too large is not read at all. */
export function inputs({ connection }: Context, { seq, token }: Lease): Inputs | NoInputs {
  const size = connection.get('inputsSize', { seq, token });
  if (size === undefined || size['passResults'] === null) return 'lost';
  if (Number(size['unfinished']) > 0) return 'unfinished';
  if (Number(size['bytes']) > limits.resolvedParamsBytes) return 'too_large';
  const all = Number(size['passResults']);
  const parents = connection.all('inputs', { seq, all }).map(toParentEnding);
  return { passResults: all === 1, parents };
}
