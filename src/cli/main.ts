#!/usr/bin/env node
// No static import of ours: on a Node that is too old, importing gigq is what says so.
import module from 'node:module';

// Starting is most of what a command takes: what Node has compiled once it finds again, in its folder for that.
module.enableCompileCache?.();
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
