import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');

interface Failure {
  readonly stdout?: string;
}

async function compile(): Promise<string> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['-p', join(root, 'test/types/tsconfig.json'), '--pretty', 'false'];
  try {
    return (await promisify(execFile)(process.execPath, [compiler, ...options], { cwd: root }))
      .stdout;
  } catch (error) {
    return (error as Failure).stdout || String(error);
  }
}

test('what users write compiles, and what they must not write does not', async () => {
  assert.equal(await compile(), '');
});
