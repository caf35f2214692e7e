import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters, styleText } from 'node:util';
import { setupLogging } from 'gigq';
import { jsonLine, prettyLine } from '../../dist/client/log-format.js';
import { defaultLogger, type Logger, makeLogger, withFields } from '../../dist/client/logger.js';
import { untyped } from '../helpers/any.ts';
import { runProgram } from '../helpers/program.ts';
import { assertRefused } from '../helpers/rejection.ts';
import { temporaryFolder } from '../helpers/store-sqlite.ts';

const folder = temporaryFolder();

function entry(fields: object, message?: string): Parameters<typeof jsonLine>[0] {
  const time = new Date(2030, 0, 2, 3, 4, 5, 67);
  return { time, level: 'info', fields, message };
}

function parsed(fields: object, message?: string): Record<string, unknown> {
  return JSON.parse(jsonLine(entry(fields, message))) as Record<string, unknown>;
}

/** A logger that remembers. */
function recorder(): { readonly logger: Logger; readonly entries: unknown[] } {
  const entries: unknown[] = [];
  return { logger: makeLogger((...args) => entries.push(args)), entries };
}

describe('importing gigq', () => {
  test('prints nothing, starts nothing and logs nothing', async () => {
    const text = `
      const queue = new gigq.JobQueue(':memory:');
      await queue.stats();
      await queue.close();
      console.log(process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap').length);
    `;
    assert.deepEqual(await runProgram(text, { folder }), { code: 0, stdout: '0\n', stderr: '' });
  });
});

describe('setupLogging', () => {
  test('writes JSON lines to stderr, and to stdout nothing', async () => {
    const text = `
      const log = gigq.setupLogging();
      log.info('hello');
      log.warn({ jobId: 'x', n: 1 }, 'look');
      log.debug('not seen');
    `;
    const { stdout, stderr } = await runProgram(text, { folder });
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(stdout, '');
    assert.deepEqual(
      lines.map(({ time, ...rest }) => (assert.equal(typeof time, 'string'), rest)),
      [
        { level: 'info', message: 'hello' },
        { level: 'warn', message: 'look', jobId: 'x', n: 1 },
      ],
    );
  });

  test('is pretty on a terminal, in colours unless NO_COLOR is set', async () => {
    const text = `
      process.stderr.isTTY = true;
      gigq.setupLogging({ level: 'error' }).error({ jobId: 'x' }, 'oh');
    `;
    const coloured = await runProgram(text, { folder, env: { NO_COLOR: '', TERM: 'xterm' } });
    assert.match(stripVTControlCharacters(coloured.stderr), /ERROR oh jobId=x\n$/u);
    assert.ok(coloured.stderr.includes(styleText('red', 'ERROR', { validateStream: false })));
    const plain = await runProgram(text, { folder, env: { NO_COLOR: '1', TERM: 'xterm' } });
    assert.match(plain.stderr, /^\d\d:\d\d:\d\d\.\d{3} ERROR oh jobId=x\n$/u);
  });

  test('is pretty elsewhere when it is asked to, without colours', async () => {
    const text = `gigq.setupLogging({ format: 'pretty' }).info('hello');`;
    const { stderr } = await runProgram(text, { folder, env: { FORCE_COLOR: '1' } });
    assert.match(stderr, /^\d\d:\d\d:\d\d\.\d{3} INFO {2}hello\n$/u);
  });

  test('is not undone by a reader that went away', async () => {
    const text = `
      const { spawn } = await import('node:child_process');
      if (process.env.INNER) {
        process.stdin.resume().on('end', () => {
          const log = gigq.setupLogging();
          for (let line = 0; line < 100; line++) log.info('nobody reads this');
          setImmediate(() => console.log('alive'));
        });
      } else {
        const env = { ...process.env, INNER: '1' };
        const child = spawn(process.execPath, [process.argv[1]], { env, stdio: ['pipe', 'inherit', 'pipe'] });
        child.stderr.destroy();
        child.stdin.end();
        child.on('close', (code) => console.log('ended', code));
      }
    `;
    assert.equal((await runProgram(text, { folder })).stdout, 'alive\nended 0\n');
  });

  test('is what everything without a logger of its own logs to from then on', async () => {
    const log = withFields(defaultLogger, { queue: 'q' });
    log.info('not seen');
    const text = `
      const { defaultLogger } = await import(${JSON.stringify(import.meta.resolve('../../dist/client/logger.js'))});
      defaultLogger.error('before');
      gigq.setupLogging();
      defaultLogger.error('after');
    `;
    const { stderr } = await runProgram(text, { folder });
    assert.equal((JSON.parse(stderr) as { message: string }).message, 'after');
  });

  test('refuses levels and formats that are not there', async () => {
    await assertRefused(
      () => setupLogging(untyped({ level: 'verbose' })),
      'invalid_option',
      /level: expected 'debug' or .*'error'/u,
    );
    await assertRefused(
      () => setupLogging(untyped({ format: 'xml' })),
      'invalid_option',
      /format: expected 'pretty' or 'json'/u,
    );
    await assertRefused(
      () => setupLogging(untyped({ colour: true })),
      'invalid_option',
      /unknown option 'colour'/u,
    );
  });
});

describe('an entry as JSON', () => {
  test('has time, level and message first, then the fields', () => {
    const line = jsonLine(entry({ jobId: 'x', nothing: undefined }, 'hello'));
    const time = entry({}).time.toISOString();
    assert.equal(line, `{"time":"${time}","level":"info","message":"hello","jobId":"x"}`);
  });

  test('keeps its own time, level and message, whatever the fields are called', () => {
    const { time, level, message } = parsed({ time: 1, level: 2, message: 3 }, 'hello');
    assert.deepEqual([time, level, message], [entry({}).time.toISOString(), 'info', 'hello']);
    assert.equal(parsed({ message: 'of the fields' })['message'], 'of the fields');
  });

  test('describes errors, with their stacks', () => {
    const error = new TypeError('it broke', { cause: new Error('why') });
    const { err } = parsed({ err: error }) as {
      err: { name: string; stack: string; cause: object };
    };
    assert.equal(err.name, 'TypeError');
    assert.match(err.stack, /logging\.test/u);
    assert.equal((parsed(error)['err'] as Error).message, 'it broke');
  });

  test('is written whatever is in it', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const { big, loop, call } = parsed({ big: 5n, loop: circular, call: () => 1 });
    assert.equal(big, '5n');
    assert.equal(typeof loop, 'string');
    assert.equal(call, 'function call');
  });
});

describe('an entry for people', () => {
  test('is a line of time, level, message and fields', () => {
    const fields = { jobId: '0198-ab', text: 'two words', list: [1], nothing: undefined };
    const line = prettyLine(entry(fields, 'hello'), false);
    assert.equal(line, '03:04:05.067 INFO  hello jobId=0198-ab text="two words" list=[1]');
  });

  test('shows the stack of an error, and its causes', () => {
    const error = new Error('it broke', { cause: new RangeError('too far') });
    const [first, ...rest] = prettyLine(entry({ error }, 'failed'), false).split('\n');
    assert.equal(first, '03:04:05.067 INFO  failed error="Error: it broke"');
    assert.ok(rest.every((line) => line.startsWith('    ')));
    assert.ok(rest.includes('    caused by RangeError: too far'));
  });

  test('cannot move the cursor or change colours', () => {
    const evil = '\u001b[2J\r\u0007\u009b\u202e';
    const fields = {
      [evil]: evil,
      bare: evil,
      error: Object.assign(new Error(evil), { stack: `x\n${evil}` }),
    };
    const line = prettyLine(entry(fields, evil), false);
    assert.match(line.replaceAll('\n', ''), /^[\P{Cc}]*$/u);
    assert.doesNotMatch(line, /[\u202e\u009b]/u);
    assert.ok(line.includes('\\u001b[2J\\r\\u0007\\u009b\\u202e'));
  });
});

describe('a logger with fields', () => {
  test('adds them to every entry; those of the entry win', () => {
    const { logger, entries } = recorder();
    const log = withFields(withFields(logger, { jobId: 'x', attempt: 1 }), { attempt: 2 });
    log.info('hello');
    log.warn({ attempt: 3 }, 'look');
    log.error({ n: 1 });
    assert.deepEqual(entries, [
      ['info', { jobId: 'x', attempt: 2 }, 'hello'],
      ['warn', { jobId: 'x', attempt: 3 }, 'look'],
      ['error', { jobId: 'x', attempt: 2, n: 1 }, undefined],
    ]);
  });

  test('keeps an error as one', () => {
    const { logger, entries } = recorder();
    const error = new Error('it broke');
    withFields(logger, { jobId: 'x' }).error(error);
    assert.deepEqual(entries, [['error', { jobId: 'x', err: error }, 'it broke']]);
  });

  test('calls the methods of the logger as its methods', () => {
    const seen: string[] = [];
    class Own {
      readonly name = 'own';
      debug(): void {}
      info(_fields: object | string, message?: string): void {
        seen.push(`${this.name}: ${message}`);
      }
      warn(): void {}
      error(): void {}
    }
    withFields(new Own(), {}).info('hello');
    assert.deepEqual(seen, ['own: hello']);
  });

  test('throws nothing that the logger throws', () => {
    const log = withFields(
      makeLogger(() => {
        throw new Error('full disk');
      }),
      {},
    );
    log.error('hello');
    log.info(
      untyped({
        get bad(): string {
          throw new Error('unreadable');
        },
      }),
      'hello',
    );
  });
});
