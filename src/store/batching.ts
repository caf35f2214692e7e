/** What group commit knows of units, whatever the dialect. */
import { isGigqError } from '../core/errors.ts';
import type { Input, Operation, Operations, Unit } from './store.ts';

/** Operations that change nothing. */
export const reads: ReadonlySet<keyof Operations> = new Set([
  'get',
  'list',
  'counts',
  'executions',
  'outcomes',
  'workers',
  'running',
  'held',
  'inputs',
  'workflow',
  'workflows',
  'standing',
]);

const refusals: ReadonlySet<string> = new Set(['too_large', 'job_not_found', 'invalid_option']);

/** Whether a unit refused its input: then it has written nothing, and what it shares a transaction with goes on. */
export function isRefusal(error: unknown): boolean {
  return isGigqError(error) && refusals.has(error.code);
}

/** Items that one transaction takes on: some tens of milliseconds. */
export const batchWeight = 2000;

/** How many items of a batch a unit stands for. */
export function weightOf(unit: Unit): number {
  const input: Input<Operation> = unit.input;
  if (Array.isArray(input)) return Math.max(1, input.length);
  return unit.op === 'claim' ? unit.input.slots.length : 1;
}
