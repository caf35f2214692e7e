import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { closeConnections, FatalError, task, type TaskContext } from 'gigq';
import * as valibot from 'valibot';
import { z } from 'zod';
import { definitionOf, isTask, registeredTasks } from '../../dist/client/registry.js';
import { untyped } from '../helpers/any.ts';
import { fromOtherCopy } from '../helpers/other-copy.ts';
import { assertRefused, rejection } from '../helpers/rejection.ts';
import { temporaryFolder } from '../helpers/store-sqlite.ts';
import { turn } from '../helpers/store-turn.ts';

const folder = temporaryFolder();
const gigq = import.meta.resolve('gigq');

/** Imports a module with that text; a module of a version of its own if `query` is new. */
function moduleOf(name: string, text: string, query = ''): Promise<unknown> {
  const file = join(folder, name);
  writeFileSync(file, `import { task } from ${JSON.stringify(gigq)};\n${text}`);
  return import(pathToFileURL(file).href + query);
}

describe('a task is still an ordinary function', () => {
  const greet = task('greet', ({ name = 'world' }: { name?: string }) => `Hello, ${name}!`);

  test('it runs the handler and returns a promise of what the handler returns', async () => {
    const promise = greet({ name: 'Ada' });
    assert.ok(promise instanceof Promise);
    assert.equal(await promise, 'Hello, Ada!');
  });

  test('params that are optional may be left out', async () => {
    assert.equal(await greet(), 'Hello, world!');
  });

  test('it carries its name, also as a function', () => {
    assert.equal(greet.taskName, 'greet');
    assert.equal(greet.name, 'greet');
    assert.ok(isTask(greet));
  });

  test('what the handler throws at once is a rejection, of the very same error', async () => {
    const error = new FatalError('no');
    const thrower = task('thrower', () => {
      throw error;
    });
    assert.equal(await rejection(() => thrower()), error);
  });

  test('what the handler returns is returned as it is, not as JSON has it', async () => {
    const at = new Date();
    assert.equal(await task('now', () => at)(), at);
  });

  test('its context is made up: attempt 1, a signal that does not abort, a silent log', async () => {
    const tell = task(
      'tell',
      { maxAttempts: 7, queue: 'q', name: 'Tell' },
      (_: {}, context) => context,
    );
    const { job, signal, log, progress, workerId } = await tell();
    const { id, createdAt, ...rest } = job;
    assert.deepEqual(rest, {
      name: 'Tell',
      task: 'tell',
      queue: 'q',
      attempt: 1,
      maxAttempts: 7,
      workflowId: null,
    });
    assert.match(id, /^[0-9a-f-]{36}$/u);
    assert.ok(Math.abs(createdAt.getTime() - Date.now()) < 60_000);
    assert.equal(signal.aborted, false);
    assert.equal(workerId, '');
    log.error('not seen');
    progress(1, 2, 'half');
  });

  test('what is given of the context is used', async () => {
    const signal = AbortSignal.abort('stop');
    const see = task('see', (_: {}, context: TaskContext) => context.signal.reason as string);
    assert.equal(await see({}, { signal }), 'stop');
  });

  test("with a schema, the handler gets the schema's output", async () => {
    const double = task(
      'double',
      { params: z.object({ n: z.coerce.number<string>() }) },
      ({ n }) => 2 * n,
    );
    assert.equal(await double({ n: '21' }), 42);
    await assertRefused(() => double(untyped({ n: 'x' })), 'params_invalid', /^params\.n: /u);
  });

  test('a schema may validate asynchronously', async () => {
    const params = valibot.pipeAsync(
      valibot.string(),
      valibot.transformAsync((text) => Promise.resolve(text.length)),
    );
    assert.equal(await task('length', { params }, (length) => length + 1)('four'), 5);
  });
});

function handler(): number {
  return 1;
}

describe('what defines a task is checked at once', () => {
  const cases: readonly [title: string, options: unknown, message: RegExp][] = [
    ['an unknown option', { priorty: 1 }, /^task 'x': unknown option 'priorty'$/u],
    ['an option that only a job has', { delay: '1s' }, /unknown option 'delay'/u],
    ['a memory limit on the event loop', { memoryLimitMb: 64 }, /memoryLimitMb limits nothing/u],
    [
      'a memory limit that nothing fits into',
      { isolation: 'thread', memoryLimitMb: 1 },
      /memoryLimitMb: expected an integer of at least 16|from 16/u,
    ],
    [
      'an isolation that is not there',
      { isolation: 'container' },
      /isolation: expected 'inline' or 'thread' or 'process', got 'container'/u,
    ],
    [
      'a priority that is no integer',
      { priority: 1.5 },
      /priority: expected an integer, got 1\.5/u,
    ],
    [
      'a priority beyond what a number can count',
      { priority: 2 ** 60 },
      /priority: expected an integer/u,
    ],
    [
      'no attempt at all',
      { maxAttempts: 0 },
      /maxAttempts: expected an integer of at least 1, got 0/u,
    ],
    ['no time at all', { timeout: '0s' }, /timeout: expected more than no time/u],
    [
      'retry and retryDelay',
      { retry: {}, retryDelay: '1s' },
      /expected retry or retryDelay, got both/u,
    ],
    ['an unknown backoff', { retry: { backoff: 'cubic' } }, /retry: backoff: expected 'fixed' or/u],
    [
      'a part of retry that is not there',
      { retry: { times: 3 } },
      /retry: unknown option 'times'/u,
    ],
    ['a schema that is none', { params: {} }, /params: expected a schema/u],
    [
      'a name on two lines',
      { name: 'a\nb' },
      /name: expected a text of 1 to 256 characters on one line/u,
    ],
    ['a queue without a name', { queue: '' }, /queue: expected .*, got an empty string/u],
    ['null', null, /expected an object of options, got null/u],
  ];
  for (const [title, options, message] of cases) {
    test(`${title} is refused`, async () => {
      await assertRefused(() => task('x', untyped(options), handler), 'invalid_option', message);
    });
  }

  test('the options there are stand in the hint', async () => {
    const error = await rejection(() => task('x', untyped({ priorty: 1 }), handler));
    assert.match(
      error.hint,
      /description, isolation, maxAttempts, memoryLimitMb, name, .*priority, queue/u,
    );
  });

  test('a bare number is no duration, and the error shows what to write', async () => {
    await assertRefused(
      () => task('x', untyped({ timeout: 300 }), handler),
      'invalid_duration',
      /task 'x': timeout: 300 has no unit; write '300s' or '300ms'/u,
    );
  });

  test('a name with other characters, and a handler that is no function, are refused', async () => {
    await assertRefused(() => task('../x', handler), 'invalid_option', /cannot be named/u);
    await assertRefused(
      () => task('x', untyped(5)),
      'invalid_option',
      /handler: expected a function, got 5/u,
    );
    await assertRefused(
      () => task('x', {}, untyped(undefined)),
      'invalid_option',
      /handler: expected a/u,
    );
  });

  test('what was refused is not defined', () => {
    assert.ok(!registeredTasks().some(({ taskName }) => taskName === 'x'));
  });
});

describe('a task is known by its name', () => {
  test('it knows the file that defined it', async () => {
    await moduleOf('known.mjs', `export const known = task('known', () => 1);`);
    const known = registeredTasks().find(({ taskName }) => taskName === 'known');
    assert.ok(known);
    assert.equal(definitionOf(known).source, join(folder, 'known.mjs'));
  });

  test('the same name again from the same file replaces it, with one warning', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): number => warnings.push(warning);
    process.on('warning', listen);
    for (const version of [1, 2, 3]) {
      await moduleOf('hot.mjs', `task('hot', () => ${version});`, `?v=${version}`);
    }
    await turn();
    process.off('warning', listen);
    const latest = registeredTasks().find(({ taskName }) => taskName === 'hot');
    assert.ok(latest);
    assert.equal(definitionOf(latest).handler({}, untyped({})), 3);
    assert.deepEqual(
      warnings.map(({ name, message }) => [name, message]),
      [
        [
          'GigqWarning',
          `Task 'hot' was defined again in ${join(folder, 'hot.mjs')}: the latest is used`,
        ],
      ],
    );
  });

  test('the same name from another place is refused, and both places are named', async () => {
    await moduleOf('one.mjs', `task('twice', () => 1);`);
    const error = await rejection(() => moduleOf('two.mjs', `task('twice', () => 2);`));
    const [one, two] = ['one.mjs', 'two.mjs'].map((name) => join(folder, name));
    assert.equal(error.code, 'task_conflict');
    assert.equal(error.message, `Task 'twice' is defined in ${one} and again in ${two}`);
  });

  test('a second copy of gigq shares the table of tasks, and what is open', async (scope) => {
    const other = await fromOtherCopy<typeof import('gigq')>(scope, 'index.js');
    const foreign = other.task('foreign', () => 'far');
    assert.ok(isTask(foreign));
    assert.ok(registeredTasks().includes(foreign));
    const queue = new other.JobQueue(':memory:', { inPlace: true });
    assert.equal((await foreign.submit(queue)).toString().length, 36);
    await closeConnections();
    await assertRefused(() => queue.stats(), 'queue_closed', /closed/u);
  });

  test('the warning carries a code', async () => {
    const warned = once(process, 'warning') as Promise<[NodeJS.ErrnoException]>;
    await moduleOf('again.mjs', `task('again', () => 1); task('again', () => 2);`);
    const [warning] = await warned;
    assert.equal(warning.code, 'GIGQ_TASK_REPLACED');
  });
});
