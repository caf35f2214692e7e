// Processes that are killed at moments that the seed picks.
import assert from 'node:assert/strict';
import { pause } from '../../helpers/pauses.ts';
import type { WorkerProcess } from '../../helpers/worker-process.ts';
import type { Arena } from '../arena.ts';
import { slowestRecoveryMs } from '../checker.ts';

/** A worker whose process is gone has to be noticed within this, by a worker on its host. */
const recoveryMs = 6000;

const shapes = ['single', 'batch', 'workflow'] as const;

function clientsOf(arena: Arena, name: string, calls: number): WorkerProcess[] {
  return shapes.map((shape) =>
    arena.client({
      name: `${shape}-${name}`,
      shape,
      calls: shape === 'single' ? 5 * calls : calls,
      ms: 60,
    }),
  );
}

/** Workers die one at a time while clients submit; each is replaced. */
export async function killWorkers(arena: Arena): Promise<void> {
  const kills = 6 * arena.run.size;
  const workers = await arena.workers(3, { concurrency: 4 });
  const clients = clientsOf(arena, 'c', 15 * arena.run.size);
  await arena.until(() => arena.lines('began').length > 0, 'the first run');
  for (let kill = 1; kill <= kills; kill += 1) {
    await pause(arena.random.between(50, 600));
    arena.run.progress(`kill ${kill} of ${kills}`);
    const [victim] = workers.splice(arena.random.between(0, workers.length), 1);
    arena.kill(victim ?? assert.fail());
    workers.push(await arena.worker({ concurrency: 4 }));
  }
  await Promise.all(clients.map((client) => client.said('done')));
  await arena.allEnded();
  arena.verify({ mayCrashLoop: true });
  const tookMs = slowestRecoveryMs(arena.history);
  assert.ok(tookMs < recoveryMs + arena.slackMs, `a job waited ${tookMs} ms for its next run`);
}

/** A machine that is busy with other things makes fewer rounds. */
const enoughMs = 60_000;

/** All processes die together, again and again: no restart needs a repair, and each begins to work at once. */
export async function killAll(arena: Arena): Promise<void> {
  const rounds = 8 * arena.run.size;
  await arena.submit('backlog', 200, 60);
  const endMs = performance.now() + enoughMs;
  for (let round = 1; round <= rounds && performance.now() < endMs; round += 1) {
    arena.run.progress(`round ${round} of ${rounds}`);
    await oneLife(arena, `r${round}`);
  }
  await arena.workers(2, { concurrency: 20 });
  await arena.allEnded();
  arena.verify({ mayCrashLoop: true });
}

const firstClaimMs = 2000;

async function oneLife(arena: Arena, name: string): Promise<void> {
  const begunBefore = arena.lines('began').length;
  const shape = arena.random.of(shapes);
  const client = arena.client({ name: `${shape}-${name}`, shape, calls: 200, ms: 60 });
  const workers = await arena.workers(3, { concurrency: 4 });
  await arena.until(() => arena.lines('began').length > begunBefore, 'the first run');
  const first = arena.lines('began')[begunBefore]?.mono ?? Infinity;
  const ready = arena.lines('ready').findLast(({ pid }) => pid === workers[0]?.pid);
  const tookMs = first - (ready?.mono ?? -Infinity);
  assert.ok(tookMs < firstClaimMs + arena.slackMs, `the first run began after ${tookMs} ms`);
  await pause(arena.random.between(0, 300));
  const all = [...workers, client];
  arena.kill(...all);
  await Promise.all(all.map((each) => each.exit()));
}
