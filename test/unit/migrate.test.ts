import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { outstanding, summary } from '../../dist/store/migrate.js';

const migrations = ['one', 'two', 'three'].map((name, index) => ({
  version: index + 1,
  name,
  text: `CREATE TABLE ${name} (a)`,
  checksum: `sum of ${name}`,
}));
const [one, two, three] = migrations.map(({ version, checksum }) => ({ version, checksum }));

describe('outstanding', () => {
  test('is every migration for a database that has none', () => {
    assert.deepEqual(outstanding('jobs.db', migrations, []), migrations);
  });

  test('is what comes after the newest one that was applied', () => {
    assert.deepEqual(outstanding('jobs.db', migrations, [one!]), migrations.slice(1));
    assert.deepEqual(outstanding('jobs.db', migrations, [one!, two!]), migrations.slice(2));
  });

  test('is nothing for a database that is up to date', () => {
    assert.deepEqual(outstanding('jobs.db', migrations, [one!, two!, three!]), []);
  });

  test('refuses a database that a newer gigq made, naming both schemas', () => {
    const newer = { version: 4, checksum: 'sum of four' };
    const error = { code: 'schema_newer', message: /jobs\.db has schema 4.*up to 3/u };
    assert.throws(() => outstanding('jobs.db', migrations, [one!, two!, three!, newer]), error);
  });

  test('refuses a database whose schema was made by something else', () => {
    const changed = { version: 2, checksum: 'another sum' };
    const error = { code: 'database_invalid', message: /jobs\.db says that it has schema 2/u };
    assert.throws(() => outstanding('jobs.db', migrations, [one!, changed]), error);
  });

  test('refuses a schema of nothing that gigq counts', () => {
    const odd = { version: 0, checksum: 'sum of nothing' };
    assert.throws(() => outstanding('jobs.db', migrations, [odd]), { code: 'database_invalid' });
  });
});

describe('summary', () => {
  test('says from where to where, and by which migrations', () => {
    const applied = ['002-two', '003-three'];
    assert.deepEqual(summary(migrations, migrations.slice(1)), { from: 1, to: 3, applied });
  });

  test('of nothing to do stays where it is', () => {
    assert.deepEqual(summary(migrations, []), { from: 3, to: 3, applied: [] });
  });
});
