/** What a handler process or thread is started with. */
import { fileURLToPath } from 'node:url';

/** Compiled, the runner stands beside this file under the same extension. */
export const runnerModule = fileURLToPath(
  import.meta.url.replace(/runner-module(\.\w+)$/u, 'runner$1'),
);
