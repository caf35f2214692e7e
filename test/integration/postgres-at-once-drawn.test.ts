// Transactions that are sent in one piece, drawn at random: workflows whose jobs end in every way, are started afresh while they
// run, and are settled by old leases, twice, and beside claims. Whatever comes, the counts are those of the rows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../../dist/core/decide.js';
import type { ClaimedJob, NewJob } from '../../dist/core/job.js';
import { prepare } from '../../dist/store/postgres/prepared.js';
import { Random } from '../helpers/random.ts';
import { busy, type Opened, opened } from '../helpers/store-busy.ts';
import { child } from '../helpers/store-parents.ts';
import { query } from '../helpers/store-postgres.ts';
import {
  completed,
  failed,
  failedForGood,
  newJob,
  newJobs,
  noSuspects,
  released,
  replyOf,
  runAll,
  type SeamWorker,
  slots,
  unit,
} from '../helpers/store-seam.ts';

const outcomes = [completed, completed, completed, failed, failedForGood, released];

class Play {
  readonly #random: Random;
  readonly #here: Opened;
  readonly #worker: SeamWorker;
  /** What the worker was given, the last ones; some it has no more. */
  readonly #given: ClaimedJob[] = [];
  #workflows = 0;
  inOnePiece = 0;
  byStep = 0;

  constructor(here: Opened, worker: SeamWorker, seed: number) {
    this.#here = here;
    this.#worker = worker;
    this.#random = new Random(seed);
  }

  async step(): Promise<void> {
    const drawn = this.#random.draw();
    if (drawn < 0.2) await this.#submit();
    else if (drawn < 0.3) await this.#startAfresh();
    else await this.#settleAndClaim();
  }

  async #submit(): Promise<void> {
    const id = `w${(this.#workflows += 1)}`;
    const ids = Array.from({ length: this.#random.between(1, 6) }, (_, place) => `${id}-${place}`);
    const jobs = ids.map((job, place): NewJob => {
      const parents = ids.slice(0, place).filter(() => this.#random.draw() < 0.5);
      const policy = this.#random.of(['cancel', 'run', 'run'] as const);
      return { ...(parents.length === 0 ? newJob(job) : child(job, parents, policy)), priority: 1 };
    });
    await this.#here.seam.call('enqueueWorkflow', { workflow: { id, name: id }, jobs });
  }

  /** Of a running job its worker is not told. */
  async #startAfresh(): Promise<void> {
    const job = this.#draw();
    if (job === undefined) return;
    await this.#here.seam.call('cancel', [job.id]);
    await this.#here.seam.call('requeue', [job.id]);
  }

  async #settleAndClaim(): Promise<void> {
    const { seam, proxy } = this.#here;
    const ended = Array.from({ length: this.#random.between(1, 4) }, () => this.#draw());
    const settled = ended.filter((job) => job !== undefined);
    const claim = { worker: this.#worker.key, tasks: ['greet'], queues: null, ...noSuspects };
    proxy.asked = '';
    const answers = await runAll(seam.store, [
      ...settled.map((job) => unit('settle', [decide(job, this.#random.of(outcomes), 0)])),
      unit('claim', { ...claim, slots: slots(this.#random.between(1, 4)) }),
    ]);
    this.#given.push(...replyOf<'claim'>(answers.at(-1)).jobs);
    this.#given.splice(0, this.#given.length - 12);
    if (proxy.asked.includes('BEGIN')) this.byStep += 1;
    else this.inOnePiece += 1;
  }

  /** Perhaps one that was drawn before. */
  #draw(): ClaimedJob | undefined {
    return this.#given.length === 0 ? undefined : this.#random.of(this.#given);
  }
}

async function wrongIn(schema: string): Promise<readonly unknown[]> {
  const found = await Promise.all([
    query(prepare('wrongWorkflows', schema).text),
    query(prepare('wrongWaits', schema).text),
  ]);
  return found.flat().map((row) => row['id']);
}

for (const seed of [1, 2]) {
  test(`counts and waits are right after whatever a worker does (drawn with ${seed})`, async (t) => {
    const here = await opened(t);
    const play = new Play(here, await busy(here.seam), seed);
    // So that claims are full, and the next ones expected to be.
    const fillers = newJobs(2000).map((job) => ({ ...job, id: `filler ${job.id}` }));
    await here.seam.enqueue(...fillers);
    for (let round = 0; round < 20; round += 1) {
      for (let step = 0; step < 10; step += 1) await play.step();
      assert.deepEqual(await wrongIn(here.schema), [], `after ${round + 1} rounds`);
    }
    const { inOnePiece, byStep } = play;
    assert.ok(
      inOnePiece > 20,
      `${inOnePiece} in one piece, ${byStep} step by step: it shows little`,
    );
  });
}
