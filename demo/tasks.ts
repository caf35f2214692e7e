/** The one task of the demo. The main process submits jobs of it by this definition, the workers run them by it. */
import { join } from 'node:path';
import { task } from 'gigq';
import { auditFolder } from './audit.ts';

export const auditPackage = task(
  'audit-package',
  {
    maxAttempts: 3,
    timeout: '2m',
    retry: { delay: '500ms', backoff: 'exponential' },
  },
  ({ root, path }: { root: string; path: string }, { signal }) =>
    auditFolder(join(root, path), signal),
);
