// Databases on the PostgreSQL server of a run, one for each measurement: what autovacuum and statistics do in one is its own.
import pg from 'pg';
import type { Started } from './server-process.ts';

let running: Started | undefined;

/** From now on databases are made on this server; undefined: they are files. */
export function useServer(given: Started | undefined): void {
  running = given;
}

/** The server of the run, if it has one. */
export function serverOfRun(): Started | undefined {
  return running;
}

/** The address of an empty database. */
export async function freshOnServer(name: string): Promise<string> {
  return make(name, '');
}

/** A copy of a database to which nobody is connected. */
export async function copyOnServer(original: string, name: string): Promise<string> {
  return make(name, ` TEMPLATE ${nameIn(original)}`);
}

/** The rows of a statement that is run by itself, on a connection for it alone. */
export async function ask<Row extends object>(database: string, text: string): Promise<Row[]> {
  const client = new pg.Client(database);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

async function make(name: string, how: string): Promise<string> {
  if (running === undefined) throw new Error('There is no server: the run is on files');
  const server = running.address;
  const database = new URL(server);
  database.pathname = `/bench_${name.replaceAll('-', '_')}`;
  await ask(server, `DROP DATABASE IF EXISTS ${nameIn(database.href)} WITH (FORCE)`);
  await ask(server, `CREATE DATABASE ${nameIn(database.href)}${how}`);
  return database.href;
}

function nameIn(database: string): string {
  return new URL(database).pathname.slice(1);
}
