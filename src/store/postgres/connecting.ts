/** How connections are made, and what a server has to be. */
import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { GigqError } from '../../core/errors.ts';
import { systemClock } from '../clock.ts';
import type { Clock } from '../store.ts';
import { type Address, unusable } from './address.ts';
import { translate } from './postgres-error.ts';
import { type Rows, type Submission, submissions, type Submit } from './submission.ts';

const oldestVersion = 140_000;
/** How long all that belongs to a new connection may take, and a farewell. */
const connectMs = 10_000;
const leaveMs = 1000;
const types = { bigint: 20, numeric: 1700 };

export class Driver {
  readonly address: Address;
  readonly #pg: typeof pg;
  readonly #clock: Clock;
  readonly #pending = new Set<pg.Client>();
  readonly #submit: Submit;

  constructor(library: typeof pg, address: Address, clock: Clock = systemClock) {
    this.#pg = library;
    this.#submit = submissions(library);
    this.address = address;
    this.#clock = clock;
  }

  /** A client that is not connected yet. Throws `invalid_option` for an address that the driver cannot use. */
  client(): pg.Client {
    try {
      const client = this.#newClient();
      this.#pending.add(client);
      return client;
    } catch (error) {
      throw unusable(this.address, error);
    }
  }

  /** Statements that are one transaction: the rows of each, once it is committed. */
  submit(client: pg.Client, submission: Submission): Promise<Rows> {
    return this.#submit(client, submission, this.#parserOf);
  }

  /** Numbers of gigq are far below 2^53. */
  readonly #parserOf = (oid: number, format?: unknown): unknown => {
    const usual = this.#pg.types.getTypeParser as (oid: number, format?: unknown) => unknown;
    return oid === types.bigint || oid === types.numeric ? Number : usual(oid, format);
  };

  #newClient(): pg.Client {
    return new this.#pg.Client({
      connectionString: this.address.connectionString,
      fallback_application_name: 'gigq',
      keepAlive: true,
      pipeline: true,
      types: { getTypeParser: this.#parserOf as typeof pg.types.getTypeParser },
    });
  }

  settled(client: pg.Client): void {
    this.#pending.delete(client);
  }

  /** Gives up connections that are being made. */
  abort(): void {
    for (const client of this.#pending) this.drop(client);
  }

  /** Drops a connection on which nothing is heard for so long; the returned function says that something was. */
  dropAfter(ms: number, client: pg.Client): () => void {
    return this.#clock.timer(ms, () => {
      this.drop(client);
    });
  }

  /** Closes a connection without a word, for there may be nobody to hear it. */
  drop(client: pg.Client): void {
    streamOf(client).destroy();
  }
}

/**
 * A connection, and what is to be done on it before anything else. Throws Passing if that does not work just now; a GigqError
 * if it will not by waiting.
 */
export async function connect(
  driver: Driver,
  begin: (client: pg.Client) => Promise<void> = () => Promise.resolve(),
): Promise<pg.Client> {
  const client = driver.client();
  // Until somebody listens who knows what to do.
  client.on('error', () => undefined);
  const forget = driver.dropAfter(connectMs, client);
  try {
    await client.connect();
    // An idle connection keeps no process alive.
    countable(client).unref();
    await requireVersion(client, driver.address.shown);
    await begin(client);
    return client;
  } catch (error) {
    driver.drop(client);
    throw translate(error, driver.address);
  } finally {
    forget();
    driver.settled(client);
  }
}

/** Takes leave of the server; until it has answered, or it is clear that it will not, the process stays. */
export async function leave(driver: Driver, client: pg.Client): Promise<void> {
  countable(client).ref();
  const forget = driver.dropAfter(leaveMs, client);
  await client.end().catch(() => undefined);
  forget();
}

/** What the driver writes to. Its types do not know of it. */
export function streamOf(client: pg.Client): Duplex {
  return (client as unknown as { readonly connection: { readonly stream: Duplex } }).connection
    .stream;
}

/** The types of the driver do not know of this. */
function countable(client: pg.Client): { ref(): void; unref(): void } {
  return client as unknown as { ref(): void; unref(): void };
}

async function requireVersion(client: pg.Client, shown: string): Promise<void> {
  const { rows } = await client.query<{ readonly version: number }>(
    "SELECT current_setting('server_version_num')::integer AS version",
  );
  const version = rows[0]?.version ?? 0;
  if (version >= oldestVersion) return;
  throw new GigqError(
    'database_invalid',
    `${shown} is PostgreSQL ${Math.floor(version / 10_000)}`,
    {
      hint: 'gigq needs PostgreSQL 14 or later: name another server, or update this one.',
    },
  );
}

/** A pooler answers for its server, and gives out numbers of its own for the sessions that it has with us. */
export async function isPooled(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ readonly pid: number }>('SELECT pg_backend_pid() AS pid');
  const { processID } = client as unknown as { readonly processID: number | null };
  return rows[0]?.pid !== processID;
}
