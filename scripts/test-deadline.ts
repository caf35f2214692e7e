// Loaded into every test process. The runner waits for ever for a file that leaves a handle open: a worker not
// stopped, a queue not closed, a server. This ends it, names what is open, and so fails the file.
import { isMainThread } from 'node:worker_threads';

const limitMs = 240_000;

function giveUp(): void {
  const open = process.getActiveResourcesInfo().join(', ');
  console.error(`${process.argv[1]} still runs after ${limitMs / 1000} s; open: ${open}`);
  process.exit(1);
}

// The runner itself is started with the same options; only its children have a test context.
if (isMainThread && process.env['NODE_TEST_CONTEXT'] !== undefined) {
  setTimeout(giveUp, limitMs).unref();
}
