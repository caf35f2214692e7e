/** What a handler process or thread is started with. */
import { fileURLToPath } from 'node:url';

export const runnerModule = fileURLToPath(import.meta.resolve('#runner'));
