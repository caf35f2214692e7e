// What another process does to a database: run by store-process.ts with the name of an action and its input.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { doctor } from 'gigq/admin';
import { migrateDatabase, openHere, openStore } from '../../dist/store/open.js';
import { openConnection } from '../../dist/store/sqlite/connection.js';
import { migrations } from '../../dist/store/sqlite/sql.gen.js';
import type { Store } from '../../dist/store/store.js';
import { newJob, replyOf, runAll, unit } from './store-seam.ts';

export interface ChildInput {
  readonly path: string;
  readonly initialize?: boolean;
  readonly umask?: number;
  /** Whether to act as a user who owns nothing, if this one may become another. */
  readonly asNobody?: boolean;
  readonly holdMs?: number;
  readonly id?: string;
}

function tell(message: unknown): void {
  process.send?.(message);
}

function heard(message: string): Promise<void> {
  return new Promise((resolve) => {
    process.on('message', function listen(received: unknown) {
      if (received !== message) return;
      process.off('message', listen);
      resolve();
    });
  });
}

function becomeNobody(): void {
  if (process.getuid?.() !== 0) return;
  process.setgid?.(65_534);
  process.setuid?.(65_534);
}

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'ok';
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return code ?? message;
  }
}

async function enqueue(store: Store, id: string): Promise<void> {
  const [answer] = await runAll(store, [unit('enqueue', [newJob(id)])]);
  replyOf(answer, 'enqueue');
}

async function count(store: Store): Promise<void> {
  const [answer] = await runAll(store, [unit('counts', null)]);
  replyOf(answer, 'counts');
}

function modesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder).toSorted();
  return Object.fromEntries(
    names.map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]),
  );
}

const actions = {
  /** Holds the write lock for a while, or until it is told to let go. */
  async holdLock({ path, holdMs }: ChildInput): Promise<void> {
    const database = new DatabaseSync(path);
    database.exec('BEGIN IMMEDIATE');
    tell('locked');
    if (holdMs === undefined) await heard('release');
    else await new Promise((resolve) => setTimeout(resolve, holdMs));
    database.exec('COMMIT');
    database.close();
    process.disconnect();
  },

  /** Asks for the write lock once. */
  tryLock({ path }: ChildInput): Promise<void> {
    const database = new DatabaseSync(path, { timeout: 0 });
    try {
      database.exec('BEGIN IMMEDIATE');
      tell('has the lock');
    } catch {
      tell('locked out');
    }
    return Promise.resolve();
  },

  /** Goes half the way of a migration, and no further. */
  async halfMigrate({ path }: ChildInput): Promise<void> {
    const connection = openConnection(path, { initialize: true });
    const [migration] = migrations;
    connection.begin();
    connection.execute('CREATE TABLE gigq_migrations (version INTEGER PRIMARY KEY) STRICT');
    connection.execute(migration.text);
    tell('halfway');
    await heard('never');
  },

  /** Opens the database, writes and reads, and tells how that went. */
  async use({ path, initialize = true, umask, asNobody = false }: ChildInput): Promise<void> {
    if (umask !== undefined) process.umask(umask);
    if (asNobody) becomeNobody();
    const store = openHere({ database: path, initialize });
    const wrote = await codeOf(() => enqueue(store, 'a'));
    const looked = await codeOf(() => count(store));
    tell({ wrote, looked, modes: asNobody ? {} : modesIn(dirname(path)) });
    await store.close();
  },

  /** Opens a new database at the same moment as others do, and stores a job. */
  async race({ path, id = 'a' }: ChildInput): Promise<void> {
    const store = openHere({ database: path, initialize: true });
    const go = heard('go');
    tell('ready');
    await go;
    tell(await codeOf(() => enqueue(store, id)));
    await store.close();
  },

  /** Tells what the doctor finds. */
  async examine({ path, asNobody = false }: ChildInput): Promise<void> {
    if (asNobody) becomeNobody();
    tell((await doctor(path)).findings.map(({ code, severity }) => `${severity} ${code}`));
  },

  async migrate({ path }: ChildInput): Promise<void> {
    tell('migrating');
    tell(await migrateDatabase(path, { dryRun: false }));
  },

  /** Only names a database: nothing may come of that. */
  nothing({ path }: ChildInput): Promise<void> {
    openStore(path, { initialize: true, inPlace: false });
    setImmediate(() =>
      tell({ resources: process.getActiveResourcesInfo(), exists: existsSync(path) }),
    );
    return Promise.resolve();
  },

  /** Leaves a handle open that listens, after a call. */
  async idle({ path }: ChildInput): Promise<void> {
    const handle = openStore(path, { initialize: true, inPlace: false });
    for (const interest of ['work', 'change', 'lease', 'closed'] as const) {
      handle.subscribe(interest, () => undefined);
    }
    await handle.call('enqueue', [newJob('idle')]);
    tell('answered');
  },

  /** Writes much to a database without WAL, and does not come to the end of it. */
  async writeOn({ path }: ChildInput): Promise<void> {
    const database = new DatabaseSync(path);
    database.exec(
      'PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN; CREATE TABLE big (x)',
    );
    database.exec('INSERT INTO big SELECT zeroblob(4000) FROM pragma_function_list');
    tell('written');
    await heard('never');
  },

  /** Has a database open, with a job in it, until it is killed. */
  async keep({ path }: ChildInput): Promise<void> {
    const store = openHere({ database: path, initialize: true });
    await enqueue(store, 'kept');
    tell('answered');
    await heard('never');
  },

  /** Waits for nothing but a call. */
  pending({ path }: ChildInput): Promise<void> {
    const handle = openStore(path, { initialize: true, inPlace: false });
    void handle.call('enqueue', [newJob('pending')]).then(tell);
    tell('asked');
    return Promise.resolve();
  },
};

export type Action = keyof typeof actions;

/** Those that do not look after that themselves: a store by itself keeps no process alive. */
const keptAlive: readonly Action[] = ['use', 'race', 'keep'];

if (import.meta.main) {
  const [action, input] = process.argv.slice(2);
  const keepAlive = setInterval(() => undefined, 1e6);
  if (!keptAlive.includes(action as Action)) keepAlive.unref();
  await actions[action as Action](JSON.parse(input ?? '{}') as ChildInput);
  clearInterval(keepAlive);
}
