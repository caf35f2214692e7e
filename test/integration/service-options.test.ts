import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ServiceOptions, supervise, task } from 'gigq';

const tasks = ['tasks.ts'];

function refused(options: unknown, message: RegExp, database: unknown = 'jobs.db'): void {
  assert.throws(() => supervise(database as string, options as ServiceOptions), {
    name: 'GigqError',
    message,
  });
}

describe('supervise refuses at once', () => {
  test('a service without modules', () => {
    refused(undefined, /^supervise\(\): expected an object of options/u);
    for (const none of [{}, { tasks: undefined }, { tasks: [] }, { tasks: 'tasks.ts' }])
      refused(none, /^supervise\(\): tasks: expected an array of at least one module/u);
  });

  test('tasks that are no modules, for they cannot cross to another process', () => {
    const greet = task('greet-a-service', () => 'hello');
    for (const wrong of [greet, '', 7, new URL('https://example.com/tasks.js')])
      refused({ tasks: ['a.ts', wrong] }, /^supervise\(\): tasks\[1\]: expected a module/u);
  });

  test('a number of processes that is none', () => {
    for (const processes of [0, -1, 1.5, 1001, '2', NaN])
      refused({ tasks, processes }, /processes: expected an integer from 1 to 1000/u);
  });

  test('an option of its workers that is wrong, by its name', () => {
    refused({ tasks, concurrency: 0 }, /^supervise\(\): concurrency: /u);
    refused({ tasks, workerId: 'w'.repeat(197) }, /workerId: expected a text of 1 to 196/u);
    refused({ tasks, shutdownTimeout: '20' }, /shutdownTimeout/u);
    refused({ tasks, logger: console.log }, /logger/u);
    refused({ tasks, process: 2 }, /unknown option 'process'/u);
  });

  test('a database that no other process can open', () => {
    for (const wrong of ['', ':memory:', undefined, 7, 'mysql://localhost/jobs'])
      refused({ tasks }, /database/u, wrong ?? null);
  });
});
