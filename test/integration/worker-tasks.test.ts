// Where a worker's tasks come from.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { join, relative } from 'node:path';
import { Job, type JobQueue, task } from 'gigq';
import { assertRefused } from '../helpers/rejection.ts';
import { place } from '../helpers/worker-place.ts';

const listed = task('listed', async () => 'listed');
task('unlisted', async () => 'unlisted');

const gigq = import.meta.resolve('gigq');

function moduleOf(...names: readonly string[]): string {
  const exports = names.map(
    (name) => `export const ${name} = task('${name}', async () => '${name}');\n`,
  );
  return `import { task } from '${gigq}';\n${exports.join('')}`;
}

async function outcomes(queue: JobQueue, ...names: readonly string[]): Promise<readonly string[]> {
  const jobs = await queue.submitMany(names.map((name) => new Job({ task: name })));
  return Promise.all(jobs.map((job) => job.status()));
}

const isolated = task('isolated', { isolation: 'thread' }, async () => 'isolated');

describe('the tasks of a worker', () => {
  it('are refused as objects if they have to run elsewhere', async (t) => {
    const make = (): unknown => place(t).worker({ tasks: [isolated] });
    await assertRefused(make, 'invalid_option', /tasks\[0\]: expected a module/u);
  });

  it('leave out those that have to run elsewhere if none are listed, with a warning', async (t) => {
    const here = place(t);
    const warnings: unknown[] = [];
    const warn = (...entry: readonly unknown[]): unknown => warnings.push(entry);
    const logger = { debug() {}, info() {}, warn, error() {} };
    const [outcome] = await outcomes(here.queue, 'isolated');
    assert.equal(await here.worker({ logger }).drain(), 0);
    assert.equal(outcome, 'pending');
    assert.match(JSON.stringify(warnings), /"task":"isolated".*name the module that exports it/u);
  });

  it('are all those of the process unless they are listed', async (t) => {
    const here = place(t);
    await outcomes(here.queue, 'listed', 'unlisted');
    assert.equal(await here.worker({ tasks: [listed] }).drain(), 1);
    assert.equal(await here.worker().drain(), 1);
  });

  it('can come from modules: by path, by URL and by glob, in JavaScript and in TypeScript', async (t) => {
    const here = place(t);
    const path = here.file('path.mjs', moduleOf('byPath', 'byPathToo'));
    const url = pathToFileURL(here.file('url.mjs', moduleOf('byUrl')));
    const text = pathToFileURL(here.file('text.mjs', moduleOf('byText'))).href;
    here.file('some-a.mts', `${moduleOf('byGlobA')}export const other: number = 1;\n`);
    here.file('some-b.mts', moduleOf('byGlobB'));
    const names = ['byPath', 'byPathToo', 'byUrl', 'byText', 'byGlobA', 'byGlobB'];
    await outcomes(here.queue, ...names, 'listed');
    const tasks = [relative(process.cwd(), path), url, text, join(here.folder, 'some-*.mts')];
    const worker = here.worker({ tasks });
    assert.equal(await worker.drain(), names.length);
    assert.deepEqual((await here.queue.workers())[0]?.tasks.toSorted(), names.toSorted());
  });

  it('name the file that is not there', async (t) => {
    const here = place(t);
    const worker = here.worker({ tasks: [join(here.folder, 'gone.mjs')] });
    await assertRefused(() => worker.start(), 'invalid_option', /There is no file .*gone\.mjs/u);
  });

  it('name the glob that matches nothing', async (t) => {
    const here = place(t);
    const worker = here.worker({ tasks: [join(here.folder, '*.task.mjs')] });
    await assertRefused(() => worker.drain(), 'invalid_option', /No file matches .*\*\.task\.mjs/u);
  });

  it('name the file that cannot be imported, and why', async (t) => {
    const here = place(t);
    const worker = here.worker({ tasks: [here.file('bad.mjs', "throw new Error('no luck');\n")] });
    await assertRefused(
      () => worker.processOne(),
      'invalid_option',
      /bad\.mjs cannot be imported: no luck/u,
    );
  });

  it('can lie among files that a glob matches as well and that export none', async (t) => {
    const here = place(t);
    here.file('a.some.mjs', moduleOf('amongOthers'));
    here.file('b.some.mjs', 'export const helper = 42;\n');
    await outcomes(here.queue, 'amongOthers');
    assert.equal(await here.worker({ tasks: [join(here.folder, '*.some.mjs')] }).drain(), 1);
    const none = here.worker({ tasks: [join(here.folder, 'b.*.mjs'), listed] });
    await assertRefused(() => none.drain(), 'invalid_option', /b\.some\.mjs exports no task/u);
  });

  it('name the file that exports no task', async (t) => {
    const here = place(t);
    const worker = here.worker({ tasks: [here.file('empty.mjs', 'export const answer = 42;\n')] });
    await assertRefused(() => worker.start(), 'invalid_option', /empty\.mjs exports no task/u);
    assert.deepEqual(await here.queue.workers(), [], 'it did not register');
  });
});
