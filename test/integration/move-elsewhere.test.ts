// One address that leads to several databases: a move that was begun to one of them goes on there, and nowhere else.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { JobQueue } from 'gigq';
import { move } from 'gigq/admin';
import { createProject } from '../fixtures/cli/project.ts';
import { fileOf, greet } from '../helpers/move-scene.ts';
import { read, write } from '../helpers/patient.ts';
import { newRole } from '../helpers/postgres-role.ts';
import { Script } from '../helpers/script.ts';
import { freshSchema, query } from '../helpers/store-postgres.ts';
import type { Scope } from '../helpers/store-seam.ts';

/** Two addresses that are shown alike, for neither names a database, which is that of the user then. */
async function twoDatabases(
  scope: Scope,
): Promise<{ readonly first: string; readonly other: string; readonly role: string }> {
  const { address } = await freshSchema();
  const role = `role_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  await query(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`);
  await query(`CREATE DATABASE ${role} OWNER ${role}`);
  scope.after(async () => {
    await query(`DROP DATABASE ${role} WITH (FORCE)`);
    await query(`DROP ROLE ${role}`);
  });
  const other = new URL(address);
  other.username = role;
  other.password = role;
  return { first: withoutDatabase(address), other: withoutDatabase(other.href), role };
}

function withoutDatabase(address: string): string {
  const url = new URL(address);
  url.pathname = '';
  return url.href;
}

async function killedAt(scope: TestContext, phase: string, to: string): Promise<string> {
  const path = await fileOf(2);
  await Script.start(scope, 'test/fixtures/move.ts', { args: [path, to, phase] }).end();
  return path;
}

describe('a move of which the same address leads to another database', () => {
  it('neither goes on nor is taken back there, once all is in the first', async (t) => {
    const { first, other, role } = await twoDatabases(t);
    const path = await killedAt(t, 'committed', first);
    const refused = {
      code: 'database_moved',
      message: new RegExp(
        `is being moved to postgres:.*\\(database postgres on server \\d+\\), not to .*\\(database ${role}`,
        'u',
      ),
    };
    await assert.rejects(move(path, other, { undo: true }), refused);
    await assert.rejects(move(path, other, { dryRun: true }), refused);
    await assert.rejects(move(path, other), refused);
    assert.equal((await move(path, first)).outcome, 'moved');
    await assert.rejects(move(path, other), { code: 'database_moved', message: /was moved to/u });
    await using nothing = new JobQueue(other, { initialize: false });
    await assert.rejects(nothing.stats(), { code: 'database_missing' });
  });

  it('is of another server, if that says so: a role that may not ask goes by the rest', async (t) => {
    const { address } = await freshSchema();
    const { role, address: byRole } = await newRole(t, address);
    await query(`GRANT CREATE ON DATABASE postgres TO ${role}`);
    const path = await killedAt(t, 'marked', address);
    write(path, "UPDATE gigq_moves SET landing = json_set(landing, '$.system', '4711')");
    const refused = { code: 'database_moved', message: /on server 4711\), not to/u };
    await assert.rejects(move(path, address, { undo: true }), refused);
    await query('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public');
    t.after(async () => {
      await query('GRANT EXECUTE ON FUNCTION pg_control_system() TO public');
    });
    assert.equal((await move(path, byRole, { undo: true })).outcome, 'undone');
    assert.equal((await move(path, byRole)).outcome, 'moved');
    assert.deepEqual(read(path, "SELECT landing ->> 'system' FROM gigq_moves"), [[null]]);
  });

  it('goes by its words alone, if an earlier gigq has made the mark', async (t) => {
    const { first } = await twoDatabases(t);
    const path = await killedAt(t, 'marked', first);
    write(path, 'ALTER TABLE gigq_moves DROP COLUMN landing');
    await assert.rejects(move(path, `${first}2`), { code: 'database_moved' });
    assert.equal((await move(path, first)).outcome, 'moved');
  });
});

describe('taking a move back', () => {
  it('is no dry run: nothing is changed', async (t) => {
    const { address } = await freshSchema();
    const path = await killedAt(t, 'marked', address);
    const both = move(path, address, { dryRun: true, undo: true });
    await assert.rejects(both, { code: 'invalid_option', message: /dryRun or undo/u });
    const args = ['move', '--from', path, '--to', address, '--dry-run', '--undo'];
    assert.equal((await createProject(t).run(args)).code, 2);
    await using queue = new JobQueue(path);
    await assert.rejects(greet.submit(queue, 1), { code: 'database_moved' });
  });

  it('claims nothing of the new database where the file was never marked', async (t) => {
    const path = await fileOf(2);
    const { address } = await freshSchema();
    const args = ['move', '--from', path, '--to', address, '--undo'];
    const { code, stdout } = await createProject(t).run(args);
    assert.equal(code, 0);
    assert.match(stdout, /^\S+ is not being moved, and is used as before:\n/u);
    assert.equal((await move(path, address, { undo: true })).outcome, 'unmarked');
  });
});

describe('a role that may not create', () => {
  it('is told what to grant, whether or not the schema is there', async (t) => {
    const { address, schema } = await freshSchema();
    const { address: byRole } = await newRole(t, address);
    const path = await fileOf(1);
    const refused = (on: string): object => ({
      code: 'database_refused',
      hint: new RegExp(`GRANT CREATE ON ${on} TO <role>`, 'u'),
    });
    await assert.rejects(move(path, byRole), refused('DATABASE "postgres"'));
    await query(`CREATE SCHEMA ${schema}`);
    await assert.rejects(move(path, byRole), refused(`SCHEMA "${schema}"`));
    await using queue = new JobQueue(path);
    await greet.submit(queue, 1);
  });
});
