import assert from 'node:assert/strict';
import { isGigqError, type GigqError } from '../../dist/core/errors.js';

/** The error of gigq that the call throws or that its promise rejects with. */
export async function rejection(call: () => unknown): Promise<GigqError> {
  try {
    await call();
  } catch (error) {
    if (isGigqError(error)) return error;
    throw error;
  }
  return assert.fail('it was not refused');
}

export async function assertRefused(
  call: () => unknown,
  code: GigqError['code'],
  message: RegExp,
): Promise<void> {
  const error = await rejection(call);
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
}
