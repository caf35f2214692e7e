import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Job } from 'gigq';
import { createProject } from '../fixtures/cli/project.ts';

// What may not reach a terminal; the line breaks of our own output are taken out first.
const steering = /[\p{Cc}\p{Bidi_Control}]/u;

describe('what job data cannot do to the terminal', () => {
  const nasty = { text: '\u001b[2J\u0007\u009b31m\u202Egnp.exe\u0000', '\u001b]0;title\u0007': 1 };

  test('escape sequences and control characters are shown, not sent', async (t) => {
    const project = createProject(t);
    const { id } = await project.with((queue) =>
      queue.submit(
        new Job({
          task: 'greet',
          name: 'safe\u202Etxt.exe',
          params: { ...nasty, text: nasty.text.replace('\u0000', '') },
        }),
      ),
    );
    for (const args of [
      ['list'],
      ['list', '--json'],
      ['status', id, '--show-params'],
      ['status', id, '--json'],
    ]) {
      const { code, stdout } = await project.run(args, { columns: 200, env: { NO_COLOR: '1' } });
      assert.equal(code, 0);
      assert.doesNotMatch(stdout.replaceAll('\n', ''), steering, args.join(' '));
      assert.ok(stdout.includes(String.raw`safe\u202etxt.exe`), stdout);
    }
    const job = await project.json<{ params: { text: string } }>(['status', id]);
    assert.equal(job.params.text, nasty.text.replace('\u0000', ''));
  });

  test('nor can an argument in a message of ours', async (t) => {
    const project = createProject(t);
    await project.run(['migrate']);
    const { stderr } = await project.run(['status', 'a\u001b[31mb\nc']);
    assert.match(stderr, /There is no job a\\u001b\[31mb\\nc/u);
  });
});

describe('colours', () => {
  test('only on a terminal, and not with NO_COLOR', async (t) => {
    const project = createProject(t);
    await project.with((queue) => queue.submit(new Job({ task: 'greet' })));
    const coloured = async (options: Parameters<typeof project.run>[1]): Promise<boolean> => {
      const outcomes = await Promise.all([
        project.run(['list'], options),
        project.run(['--help'], options),
        project.run(['nope'], options),
      ]);
      const seen = new Set(
        outcomes.map(({ stdout, stderr }) => steering.test((stdout + stderr).replaceAll('\n', ''))),
      );
      assert.equal(seen.size, 1);
      return seen.has(true);
    };
    assert.equal(await coloured({ columns: 100 }), true);
    assert.equal(await coloured({ columns: 100, env: { NO_COLOR: '1' } }), false);
    assert.equal(await coloured({ columns: 100, env: { TERM: 'dumb' } }), false);
    assert.equal(await coloured({ env: { FORCE_COLOR: '1', CI: '1' } }), false);
  });
});

describe('pipes', () => {
  test('everything arrives at a slow reader before the command ends', async (t) => {
    const project = createProject(t);
    const params = { text: 'x'.repeat(2000) };
    await project.with((queue) =>
      queue.submitMany(Array.from({ length: 1000 }, () => new Job({ task: 'greet', params }))),
    );
    const { code, stdout } = await project.run(['list', '--limit', '1000', '--json']);
    assert.equal(code, 0);
    assert.ok(stdout.length > 2_000_000);
    for (const line of stdout.trimEnd().split('\n')) JSON.parse(line);
  });

  test('a reader that goes away, as in `gigq list | head`, ends it quietly', async (t) => {
    const project = createProject(t);
    const params = { text: 'x'.repeat(2000) };
    await project.with((queue) =>
      queue.submitMany(Array.from({ length: 1000 }, () => new Job({ task: 'greet', params }))),
    );
    const listing = project.start(['list', '--limit', '1000', '--json']);
    await once(listing.child.stdout ?? listing.child, 'data');
    listing.child.stdout?.destroy();
    const { code, stderr } = await listing.outcome;
    assert.equal(code, 0);
    assert.equal(stderr, '');
  });

  test('data that cannot be written is no success', async (t) => {
    const project = createProject(t);
    await project.run(['migrate']);
    const stdout = openSync(project.path('tasks.ts'), 'r');
    t.after(() => closeSync(stdout));
    const { code, stderr } = await project.run(['list'], { stdout });
    assert.equal(code, 1);
    assert.match(stderr, /^gigq: EBADF: [^\n]+\n$/u);
  });
});
