/** How much text a settlement writes: its result, and the params, for the row of the job is written whole. */
import type { Settlement } from './job.ts';

export function writtenLength({ result, paramsLength = 0 }: Settlement): number {
  return paramsLength + (result?.length ?? 0);
}
