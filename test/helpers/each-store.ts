// Tests of real processes that hold on every store, by the same words.
import { test, type TestContext } from 'node:test';
import { freshSchema } from './store-postgres.ts';

/** The database to be used; undefined: a file of the test's own. */
type Body = (t: TestContext, database: string | undefined) => Promise<void>;

/** Where all is done on a server anyway, there is no file. */
export function onEachStore(title: string, body: Body): void {
  if (process.env['GIGQ_TEST_STORE'] !== 'postgres')
    test(`${title} (SQLite)`, (t) => body(t, undefined));
  test(`${title} (PostgreSQL)`, async (t) => body(t, (await freshSchema()).address));
}
