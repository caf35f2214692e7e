// Which Nodes gigq runs on.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isSupportedNode } from '../../dist/core/node-version.js';

const root = join(import.meta.dirname, '../..');
const supported = ['22.22.3', '22.23.0', '24.15.0', '24.21.0', '25.0.0', '26.10.0'];
const unsupported = ['20.20.2', '22.13.0', '22.22.2', '23.11.0', '24.14.9', '18.0.0'];

describe('the Node that gigq needs', () => {
  for (const version of supported) {
    it(`is met by ${version}`, () => assert.equal(isSupportedNode(version), true));
  }
  for (const version of unsupported) {
    it(`is not met by ${version}`, () => assert.equal(isSupportedNode(version), false));
  }

  it('is what package.json says', () => {
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    assert.equal(engines.node, '^22.22.3 || >=24.15.0');
  });

  it('is named by the import and by the command on another Node, and nothing else is said', () => {
    const importing =
      "import('gigq').catch((error) => console.error(`${error.code}: ${error.message}`))";
    const [library, command] = [
      ['--eval', importing],
      ['dist/cli/main.js', 'stats'],
    ].map((program) => onNode('20.20.2', program));
    const message = 'gigq does not run on Node 20.20.2';
    assert.equal(library, `sqlite_unsafe: ${message}\n`);
    assert.match(
      command ?? '',
      /^gigq: gigq does not run on Node 20\.20\.2\. \[sqlite_unsafe\] Use Node 22.*\n$/u,
    );
  });
});

/** Runs a program that takes this Node for another version. */
function onNode(version: string, program: readonly string[]): string {
  const pretend = `data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
  const { stderr } = spawnSync(process.execPath, ['--import', pretend, ...program], {
    cwd: root,
    encoding: 'utf8',
  });
  return stderr;
}
