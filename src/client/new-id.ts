import crypto from 'node:crypto';
import { v7 } from 'uuid';

/** A new UUIDv7. Node's own is twenty times as fast, where there is one. */
export const newId: () => string =
  typeof crypto.randomUUIDv7 === 'function' ? () => crypto.randomUUIDv7() : () => v7();
