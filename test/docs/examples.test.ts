import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { Script } from '../helpers/script.ts';

/** Starts it where it can leave nothing behind unseen. */
function start(t: TestContext, file: string, env: NodeJS.ProcessEnv = {}): Example {
  const folder = mkdtempSync(join(tmpdir(), 'gigq-examples-'));
  const script = Script.start(t, file, { cwd: folder, env: { ...env, TMPDIR: folder } });
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, script };
}

interface Example {
  readonly folder: string;
  readonly script: Script;
}

/** Its output, once it has ended well and cleaned up. */
async function outputOf({ folder, script }: Example): Promise<string> {
  const { code, stdout, stderr } = await script.end();
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  assert.deepEqual(readdirSync(folder), []);
  return stdout;
}

/** Without what differs from run to run. */
function normal(output: string): string {
  return output
    .replaceAll(/\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/gu, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z \([^)]+ ago\)/gu, 'TIME')
    .replaceAll(/open '[^']+'/gu, "open 'FILE'");
}

async function ask(url: string, init?: RequestInit): Promise<{ status: number; body: any }> {
  const response = await fetch(url, init);
  return { status: response.status, body: await response.json() };
}

describe('the examples', () => {
  test('hello.ts greets', async (t) => {
    assert.equal(await outputOf(start(t, 'examples/hello.ts')), 'Hello, Ada!\n');
  });

  test('retries.ts tries again, gives up and comes back', async (t) => {
    const output = await outputOf(start(t, 'examples/retries.ts'));
    assert.equal(
      output,
      `/flaky
  attempt 1 failed: /flaky answered 503
  attempt 2 failed: /flaky answered 503
  completed: the text of /flaky
  3 of 4 attempts, 3 runs
/gone
  failed for good
  1 of 4 attempts, 1 runs
/busy
  put off: The handler asked to run again in 100ms
  put off: The handler asked to run again in 100ms
  completed: the text of /busy
  1 of 4 attempts, 3 runs
/down
  attempt 1 failed: /down answered 503
  attempt 2 failed: /down answered 503
  attempt 3 failed: /down answered 503
  failed for good
  4 of 4 attempts, 4 runs
`,
    );
  });

  test('fan-out.ts counts in many jobs and adds up in one', async (t) => {
    const output = await outputOf(start(t, 'examples/fan-out.ts'));
    assert.equal(
      output,
      `hamlet.txt   10 words
moby-dick.txt  3 words
ulysses.txt   8 words
all          21 words
`,
    );
  });

  test('pipeline.ts hands results from job to job', async (t) => {
    const output = await outputOf(start(t, 'examples/pipeline.ts'));
    assert.equal(output, '3 orders\nAda owes 13.00\nBob owes 3.00\n');
  });

  test('scraping.ts reports the page that is broken, and the others', async (t) => {
    const output = await outputOf(start(t, 'examples/scraping.ts'));
    assert.equal(
      output,
      `/: Home
/news: What is new
/shop failed: it answered 500
/about: About us
The workflow failed.
`,
    );
  });

  test('resume.ts is asked why it failed, and goes on from there', async (t) => {
    const output = await outputOf(start(t, 'examples/resume.ts'));
    assert.equal(
      normal(output),
      `First run
  fetch-orders runs
  read-rates runs
The workflow failed.
Why read-rates?
  It failed for good after attempt 1 of 1, at TIME: Error: ENOENT: no such file or directory, open 'FILE'. Requeue it to run it again.
Why add-up?
  It was cancelled at TIME: Its parent ID ended as failed.
  It began when 'read-rates' (ID) failed. Requeue that to bring it back.
Requeued: 2 jobs. Second run
  read-rates runs
  add-up runs
The workflow completed: 22 in all.
`,
    );
  });

  test('worker-processes/ shares the jobs of one file among three processes', async (t) => {
    const output = await outputOf(start(t, 'examples/worker-processes/main.ts'));
    const counts = output.matchAll(/^process \d+ ran (?<count>\d+) of 60 jobs$/gmu);
    const sum = counts.reduce((total, { groups }) => total + Number(groups?.['count']), 0);
    assert.equal(sum, 60);
    assert.match(output, /^There are 45995 prime numbers below 559000\.$/mu);
  });

  test('isolation/ stops what does not stop by itself', async (t) => {
    const output = await outputOf(start(t, 'examples/isolation/main.ts'));
    assert.equal(
      output,
      `From 77031 it takes 350 steps to 1.
The program said: hello from a shell
crash: failed after 0 attempts, 3 crashes
run-program: timeout after 1 attempts, 0 crashes
`,
    );
  });

  test('web-app.ts takes a request, leaves the work to a job and shows its result', async (t) => {
    const example = start(t, 'examples/web-app.ts', { PORT: '0' });
    const [, address = ''] = await example.script.says(/^Listening on (\S+)$/mu);
    const post = (body: string): ReturnType<typeof ask> =>
      ask(`${address}/counts`, { method: 'POST', body });

    const created = await post('{"text":"to be or not to be"}');
    assert.equal(created.status, 202);
    const shown = await ask(`${address}/counts/${created.body.id}?wait`);
    assert.deepEqual(shown, {
      status: 200,
      body: { id: created.body.id, status: 'completed', result: { words: 6 }, error: null },
    });
    assert.equal((await post('{"text":1}')).status, 400);
    assert.equal((await post('no JSON')).status, 400);
    assert.equal((await ask(`${address}/counts/nothing`)).status, 404);

    example.script.signal('SIGTERM');
    assert.match(await outputOf(example), /^Stopped$/mu);
  });
});
