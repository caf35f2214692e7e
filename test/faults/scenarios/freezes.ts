// Processes that are frozen, and go on some time later.
import assert from 'node:assert/strict';
import { pause } from '../../helpers/pauses.ts';
import type { WorkerProcess } from '../../helpers/worker-process.ts';
import type { Arena } from '../arena.ts';
import { runsIn } from '../history.ts';

/** The jobs whose handlers a process has begun and not ended. */
function openIn(arena: Arena, { pid }: WorkerProcess): readonly string[] {
  const open = runsIn(arena.history).filter((run) => run.pid === pid && run.outcome === null);
  return open.map(({ job }) => job);
}

/** A worker is frozen until others have done its jobs: awake again it changes nothing, registers again, and works on. */
export async function freezePastLease(arena: Arena): Promise<void> {
  const options = { leaseDuration: '2s', concurrency: 4 } as const;
  const zombie = await arena.worker(options);
  await arena.workers(2, options);
  for (let round = 1; round <= arena.run.size; round += 1) {
    const client = arena.client({ name: `r${round}`, shape: 'batch', calls: 8, ms: 400 });
    await arena.until(() => openIn(arena, zombie).length > 0, 'the zombie to run something');
    await becomeZombie(arena, zombie);
    await client.said('done');
  }
  await arena.allEnded();
  arena.verify({ leaseMs: 2000 });
}

async function becomeZombie(arena: Arena, zombie: WorkerProcess): Promise<void> {
  const epoch = await arena.epochOf(zombie);
  await arena.freezeApart(zombie);
  const taken = openIn(arena, zombie);
  await arena.allEnded();
  const rowsOf = (): unknown => arena.records.jobs.filter(({ id }) => taken.includes(id));
  const before = rowsOf();
  arena.thaw(zombie);
  await arena.until(async () => (await arena.epochOf(zombie)) > epoch, 'its next life');
  await arena.until(() => openIn(arena, zombie).length === 0, 'its handlers to end');
  await worksAgain(arena, zombie);
  assert.deepEqual(rowsOf(), before, 'the zombie changed what others had done');
}

async function worksAgain(arena: Arena, worker: WorkerProcess): Promise<void> {
  const told = (): number => arena.lines('told', worker).length;
  const before = told();
  await arena.submit(`again-${before}-${worker.pid}`, 30, 200);
  await arena.until(() => told() > before, 'it to work again');
}

/** Workers are frozen for less than their leases, one after the other: nobody notices. */
export async function freezeWithinLease(arena: Arena): Promise<void> {
  const workers = await arena.workers(3, { leaseDuration: '9s', concurrency: 3 });
  const client = arena.client({ name: 'c', shape: 'workflow', calls: 15, ms: 300 });
  await arena.until(() => arena.lines('began').length > 0, 'the first run');
  for (let round = 0; round < 4 * arena.run.size; round += 1) {
    const victim = arena.random.of(workers);
    await arena.freeze(victim);
    await pause(arena.random.between(500, 1500));
    arena.thaw(victim);
  }
  await client.said('done');
  await arena.allEnded();
  arena.verify();
  const { executions, jobs } = arena.records;
  assert.equal(executions.length, jobs.length, 'every job ran once');
  assert.deepEqual(arena.lines('lost'), []);
}
