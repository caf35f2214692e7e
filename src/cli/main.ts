#!/usr/bin/env node
// No static import of ours: on a Node that is too old, importing gigq is what says so.
import module from 'node:module';
import { join } from 'node:path';

// Starting is most of what a command takes: what Node has compiled it finds again the next time. In a folder of the user's
// own, for whoever may write there chooses what runs; Node's is one that all users of the machine share.
const caches =
  process.env['XDG_CACHE_HOME'] ?? (process.env['HOME'] && join(process.env['HOME'], '.cache'));
if (caches) module.enableCompileCache?.(join(caches, 'gigq'));
try {
  const { main } = await import('./run.ts');
  await main(process.argv.slice(2));
} catch (error) {
  if (!isRefusal(error)) throw error;
  console.error(`gigq: ${error.message}. [${error.code}] ${error.hint}`);
  process.exitCode = 1;
}

function isRefusal(error: unknown): error is Error & { code: string; hint: string } {
  return error instanceof Error && 'code' in error && 'hint' in error;
}
