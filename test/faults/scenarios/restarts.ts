// A server that ends without a word every seven seconds, whatever it is in the middle of, and is there again some moments later.
import assert from 'node:assert/strict';
import { pause } from '../../helpers/pauses.ts';
import type { Arena } from '../arena.ts';

const everyMs = 7000;
const shapes = ['single', 'batch', 'workflow'] as const;

/** Nothing that was acknowledged is lost, nothing runs twice, and nobody has to be told that the server is back. */
export async function serverRestarts(arena: Arena): Promise<void> {
  const rounds = 3 * arena.run.size;
  const workers = await arena.workers(3, { concurrency: 4 });
  for (let round = 1; round <= rounds; round += 1) {
    arena.run.progress(`restart ${round} of ${rounds}`);
    await oneRestart(arena, `r${round}`);
  }
  await arena.allEnded();
  arena.verify();
  assert.deepEqual(arena.lines('lost'), [], 'no worker was held for dead');
  for (const { child } of workers) assert.equal(child.exitCode, null, 'no worker ended');
}

async function oneRestart(arena: Arena, name: string): Promise<void> {
  const { server } = arena.run;
  assert.ok(server, 'it takes a server that can be ended');
  const clients = shapes.map((shape) =>
    arena.client({ name: `${shape}-${name}`, shape, calls: shape === 'single' ? 100 : 10, ms: 60 }),
  );
  const rest = pause(everyMs);
  await pause(arena.random.between(0, everyMs / 2));
  await server.crash();
  await server.restart();
  await Promise.all(clients.map((client) => client.said('done')));
  await rest;
}
