// What jobs cost on PostgreSQL, in counts that a noisy machine does not change: statements, commits, messages to the server, and
// how often others are told. If one of them grows, everybody's queue is slower. Times are measured in bench/.
import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import pg from 'pg';
import { JobQueue, task, Worker, Workflow } from 'gigq';
import { freshSchema } from '../helpers/store-postgres.ts';

const jobs = 1000;
const params = Array.from({ length: jobs }, (_, n) => ({ n }));
const nothing = task('nothing', async ({ n }: { n: number }) => n);

interface Costs {
  /** But for notifications. */
  readonly statements: number;
  readonly commits: number;
  /** Pieces in which statements went to the server, each of which wakes it up. */
  readonly messages: number;
  /** The fewer, the more commits there are in ten milliseconds. */
  readonly notifications: number;
}

type Step = (queue: JobQueue) => Promise<unknown>;

const submitMany: Step = (queue) => nothing.submitMany(queue, params);
const submitTogether: Step = (queue) =>
  Promise.all(params.map((each) => nothing.submit(queue, each)));

const submitInTurn: Step = async (queue) => {
  for (const each of params.slice(0, 100)) await nothing.submit(queue, each);
};

function drain(concurrency: number): Step {
  return async (queue) => {
    await using worker = new Worker(queue, { concurrency, tasks: [nothing] });
    await worker.drain();
  };
}

/** One job, a thousand that wait for it, and one that waits for them all. */
const submitGraph: Step = async (queue) => {
  const graph = new Workflow('wide');
  const first = graph.addTask(nothing, { n: 0 });
  const wide = params.map((each) => graph.addTask(nothing, each, { dependsOn: [first] }));
  graph.addTask(nothing, { n: 0 }, { dependsOn: wide });
  await graph.submitAll(queue);
};

/** What went over one connection. */
interface Traffic {
  readonly statements: string[];
  messages: number;
}

/** How the driver's connections send a text, and a prepared statement by its name. */
interface Sending {
  query(this: Sending, text: string): void;
  bind(this: Sending, call: { readonly statement?: string }): void;
  readonly stream: Socket;
}

type Write = (this: Socket, ...call: unknown[]) => void;

/** Of all connections of this process, from now on. */
function observe(scope: TestContext): Map<Socket, Traffic> {
  const traffic = new Map<Socket, Traffic>();
  const of = (socket: Socket): Traffic => {
    const found = traffic.get(socket) ?? { statements: [], messages: 0 };
    traffic.set(socket, found);
    return found;
  };
  const sending = pg.Connection.prototype as unknown as Sending;
  const { query, bind } = sending;
  scope.mock.method(sending, 'query', function (this: Sending, text: string): void {
    of(this.stream).statements.push(text);
    query.call(this, text);
  });
  scope.mock.method(sending, 'bind', function (this: Sending, call: Parameters<typeof bind>[0]) {
    of(this.stream).statements.push(call.statement ?? '');
    bind.call(this, call);
  });
  const sockets = Socket.prototype as unknown as Record<'_write' | '_writev', Write>;
  for (const method of ['_write', '_writev'] as const) {
    const write = sockets[method];
    scope.mock.method(sockets, method, function (this: Socket, ...call: unknown[]): void {
      of(this).messages += 1;
      Reflect.apply(write, this, call);
    });
  }
  return traffic;
}

/** Beats and listening take as many as time passes: their connections are left out. */
function isWork({ statements }: Traffic): boolean {
  const isOther = (name: string): boolean => name === 'gigq_renew' || name.startsWith('LISTEN');
  return statements.length > 0 && !statements.some(isOther);
}

/** What a step takes on a store that is open in this very thread, after what came before it. */
async function costsOf(scope: TestContext, step: Step, before: Step): Promise<Costs> {
  const { address } = await freshSchema();
  await using queue = new JobQueue(address, { inPlace: true });
  await before(queue);
  const traffic = observe(scope);
  await step(queue);
  scope.mock.restoreAll();
  const work = [...traffic.values()].filter(isWork);
  const ran = work.flatMap(({ statements }) => statements);
  const count = (name: string): number => ran.filter((each) => each === name).length;
  const notifications = count('gigq_notify');
  return {
    statements: ran.length - notifications,
    commits: count('COMMIT') + ran.filter(isInOnePiece).length,
    messages: work.reduce((sum, { messages }) => sum + messages, 0) - notifications,
    notifications,
  };
}

/** Every transaction begins with a look at the schema; one that is sent in one piece has no other beginning, and no words for its end. */
function isInOnePiece(name: string, place: number, all: readonly string[]): boolean {
  return name === 'gigq_refuseNewer' && !all[place - 1]?.startsWith('BEGIN');
}

function assertWithin(costs: Costs, bounds: Costs): void {
  for (const name of ['statements', 'commits', 'messages', 'notifications'] as const)
    assert.ok(costs[name] <= bounds[name], `${name}: ${costs[name]}, at most ${bounds[name]}`);
}

/** The connection is made then, and the lane known. */
const one: Step = (queue) => nothing.submit(queue, { n: 0 });
const few: Step = (queue) => nothing.submitMany(queue, params.slice(0, 200));

describe('a thousand jobs on PostgreSQL', () => {
  for (const [title, step] of [
    ['by one call', submitMany],
    ['by a thousand calls at the same moment', submitTogether],
  ] as const)
    test(`submitted ${title} take one commit, which goes along with them`, async (scope) => {
      const costs = await costsOf(scope, step, one);
      assertWithin(costs, { statements: 2, commits: 1, messages: 1, notifications: 1 });
    });

  test('run, 100 at a time, take a commit and a message for each half of the slots', async (scope) => {
    const costs = await costsOf(scope, drain(100), submitMany);
    assertWithin(costs, { statements: 130, commits: 30, messages: 40, notifications: 30 });
  });

  test('of a workflow take a commit and a message for each half of the slots as well', async (scope) => {
    const costs = await costsOf(scope, drain(100), submitGraph);
    assertWithin(costs, { statements: 200, commits: 40, messages: 60, notifications: 40 });
  });

  for (const [slots, bounds] of [
    [40, { statements: 170, commits: 40, messages: 55, notifications: 40 }],
    [10, { statements: 440, commits: 108, messages: 118, notifications: 108 }],
  ] as const)
    test(`run, ${slots} at a time, take a commit and a message for each ${slots}`, async (scope) => {
      assertWithin(await costsOf(scope, drain(slots), submitMany), bounds);
    });
});

test('two hundred that run one after the other settle one and claim the next in one commit, and one message', async (scope) => {
  const costs = await costsOf(scope, drain(1), few);
  assertWithin(costs, { statements: 840, commits: 208, messages: 216, notifications: 208 });
});

test('a hundred submits, each awaited, take a message each', async (scope) => {
  const costs = await costsOf(scope, submitInTurn, one);
  assertWithin(costs, { statements: 202, commits: 100, messages: 102, notifications: 100 });
});
