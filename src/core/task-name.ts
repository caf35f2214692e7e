/** What a task may be called. A name is looked up in a table, so it never needs more than this. */
import { GigqError } from './errors.ts';
import { limits } from './limits.ts';
import { preview } from './preview.ts';
import { truncateUtf8 } from './utf8.ts';

const allowed = new RegExp(`^[\\w.:-]{1,${limits.taskNameLength}}$`, 'u');

/**
 * Checks the name of a task.
 * @throws {GigqError} `invalid_option`
 */
export function checkTaskName(name: unknown): string {
  if (typeof name === 'string' && allowed.test(name)) return name;
  const shown = truncateUtf8(preview(name), limits.taskNameLength);
  throw new GigqError('invalid_option', `A task cannot be named ${shown}`, {
    hint: `Use 1 to ${limits.taskNameLength} of the characters A-Z a-z 0-9 _ . : -`,
  });
}
