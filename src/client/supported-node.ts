/** Says which Node is needed, before anything else of gigq fails for want of it. Imported for that alone. */
import { GigqError } from '../core/errors.ts';
import { isSupportedNode } from '../core/node-version.ts';

const { node } = process.versions;

if (!isSupportedNode(node)) {
  throw new GigqError('sqlite_unsafe', `gigq does not run on Node ${node}`);
}
