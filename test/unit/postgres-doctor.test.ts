// What the doctor says of servers that no test can have, and how it puts grants together.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  findAboutConnections,
  findAboutSettings,
  findAboutVersion,
  type Server,
} from '../../dist/store/postgres/doctor/server.js';
import { statementOf, together, wordsOf } from '../../dist/store/postgres/grants.js';

const sound: Server = {
  version: '18.4',
  versionNumber: 180_004,
  role: 'app',
  pid: 7,
  nowMs: 0,
  isStandby: false,
  readOnly: 'off',
  synchronousCommit: 'on',
  fsync: 'on',
  fullPageWrites: 'on',
  autovacuum: 'on',
  trackCounts: 'on',
  connectionsAtMost: 97,
  connectionsUsed: 20,
  aheadMs: 0,
};

function codesOf(changed: Partial<Server>): string[] {
  const server = { ...sound, ...changed };
  const findings = [
    ...findAboutVersion(server),
    ...findAboutSettings(server),
    ...findAboutConnections(server, 7),
  ];
  return findings.map(({ code, severity }) => `${severity}: ${code}`);
}

describe('a server', () => {
  test('that is sound is well', () => {
    assert.deepEqual(codesOf({}), []);
    for (const synchronousCommit of ['on', 'local', 'remote_write', 'remote_apply'])
      assert.deepEqual(codesOf({ synchronousCommit }), []);
  });

  test('of a version that is newer than gigq is told', () => {
    assert.deepEqual(codesOf({ versionNumber: 189_999 }), []);
    assert.deepEqual(codesOf({ versionNumber: 190_000 }), ['advice: server_untested']);
  });

  test('that is a standby is told', () => {
    assert.deepEqual(codesOf({ isStandby: true }), ['problem: database_readonly']);
  });

  test('that may lose what it has is told', () => {
    assert.deepEqual(codesOf({ synchronousCommit: 'off' }), ['problem: commits_unsafe']);
    assert.deepEqual(codesOf({ fsync: 'off' }), ['problem: server_unsafe']);
    assert.deepEqual(codesOf({ fullPageWrites: 'off' }), ['problem: server_unsafe']);
  });

  test('that removes no dead rows is told', () => {
    assert.deepEqual(codesOf({ autovacuum: 'off' }), ['problem: autovacuum_off']);
  });

  test('is full from four fifths of its connections on', () => {
    assert.deepEqual(codesOf({ connectionsUsed: 77 }), []);
    assert.deepEqual(codesOf({ connectionsUsed: 78 }), ['advice: connections_scarce']);
  });
});

test('grants are put together in as few statements as there can be', () => {
  const grants = together([
    { privilege: 'USAGE', kind: 'SCHEMA', name: null },
    { privilege: 'SELECT', kind: 'TABLE', name: 'jobs' },
    { privilege: 'SELECT', kind: 'TABLE', name: 'lanes' },
    { privilege: 'INSERT', kind: 'TABLE', name: 'jobs' },
    { privilege: 'INSERT', kind: 'TABLE', name: 'lanes' },
    { privilege: 'SELECT', kind: 'TABLE', name: 'migrations' },
  ]);
  assert.deepEqual(grants.map(wordsOf), [
    'USAGE on the schema',
    'SELECT, INSERT on jobs, lanes',
    'SELECT on migrations',
  ]);
  assert.deepEqual(
    grants.map((grant) => statementOf(grant, { schema: 'my "jobs"', role: 'app' })),
    [
      'GRANT USAGE ON SCHEMA "my ""jobs""" TO "app"',
      'GRANT SELECT, INSERT ON TABLE "my ""jobs""".jobs, "my ""jobs""".lanes TO "app"',
      'GRANT SELECT ON TABLE "my ""jobs""".migrations TO "app"',
    ],
  );
});
