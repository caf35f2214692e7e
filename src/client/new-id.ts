import crypto from 'node:crypto';
import { createRequire } from 'node:module';

/** A new UUIDv7. Node's own is twenty times as fast, where there is one; the library is loaded only where there is none. */
export const newId: () => string =
  typeof crypto.randomUUIDv7 === 'function' ? () => crypto.randomUUIDv7() : fromLibrary();

function fromLibrary(): () => string {
  const { v7 } = createRequire(import.meta.url)('uuid') as typeof import('uuid');
  return () => v7();
}
