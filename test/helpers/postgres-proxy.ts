// A way to the server on which everything can happen that happens on networks: it can be cut off after a commit has been
// carried out and before anybody hears of it, go silent in either direction without a word, lose single connections, and
// lead to another server from some moment on. It can also give sessions numbers of its own, as poolers do.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { after } from 'node:test';

/** What clients ask, and what the server answers. */
export type Direction = 'asked' | 'answered';

/** The words of a commit, and those of the answer to it. */
export const commit = 'COMMIT\0';
/** With what the answers to a transaction end that was sent in one piece: nothing is under way. */
const ready = 'Z\0\0\0\u{5}I';

/** What the answer holds that is not to be heard if this is what is asked; undefined: it commits nothing. */
function answerToCommit(asked: Buffer): string | undefined {
  if (asked.includes(commit)) return commit;
  const isInOnePiece = asked.includes('gigq_refuseNewer') && !asked.includes('BEGIN');
  return isInOnePiece ? ready : undefined;
}

export class Proxy {
  /** How many of the next commits nobody is to hear of. */
  commitsToCut = 0;
  /** What has been asked for by those that take it for a pooler. */
  asked = '';
  isPooler = false;
  /** New connections are cut at once. */
  isClosed = false;
  /** Where new connections lead to. */
  target: URL;
  /** The connections that there are. */
  readonly ways = new Set<Way>();
  readonly #server: Server;
  #silent: readonly Direction[] = [];
  #watched: Watched[] = [];

  private constructor(target: URL) {
    this.target = target;
    this.#server = createServer((client) => {
      if (this.isClosed) client.destroy();
      else this.#join(client);
    });
  }

  /** Returns the address by way of the proxy, which is there until all tests are over: what they close says goodbye through it. */
  static async before(address: string): Promise<{ proxy: Proxy; address: string }> {
    const way = new URL(address);
    const proxy = new Proxy(new URL(address));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxies.push(proxy);
    const found = proxy.#server.address();
    way.port = typeof found === 'object' && found !== null ? String(found.port) : '';
    return { proxy, address: way.href };
  }

  /** Nothing passes any more, and nobody is told: what is sent is on its way until `heal`. */
  silence(...directions: readonly Direction[]): void {
    this.#silent = directions;
    for (const way of this.ways) way.hold(...directions);
  }

  heal(): void {
    this.#silent = [];
    for (const way of this.ways) way.release();
  }

  /** Cuts all connections, and takes no new ones until `isClosed` is false again. */
  cutOff(): void {
    this.isClosed = true;
    for (const way of this.ways) way.cut();
  }

  /** The connection on which some words come next; they and what follows them are held until its `release`. */
  next(words: string, direction: Direction = 'asked'): Promise<Way> {
    return new Promise((resolve) => {
      this.#watched.push({ words, direction, resolve });
    });
  }

  #join(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    const way: Way = new Way({ client, server }, (data, direction) =>
      this.#pass(way, data, direction),
    );
    this.ways.add(way);
    way.ended = () => this.ways.delete(way);
    way.hold(...this.#silent);
  }

  /** What becomes of data: null if it goes no further. */
  #pass(way: Way, data: Buffer, direction: Direction): Buffer | null {
    const told = this.#watched.filter(
      (each) => each.direction === direction && data.includes(each.words),
    );
    this.#watched = this.#watched.filter((each) => !told.includes(each));
    if (told.length > 0) way.hold(direction);
    for (const { resolve } of told) resolve(way);
    return direction === 'asked' ? this.#passAsked(way, data) : this.#passAnswered(way, data);
  }

  #passAsked(way: Way, data: Buffer): Buffer {
    const answer = this.commitsToCut > 0 ? answerToCommit(data) : undefined;
    if (answer !== undefined) {
      this.commitsToCut -= 1;
      way.cutAt = answer;
    }
    this.asked += data.toString('latin1');
    return data;
  }

  #passAnswered(way: Way, data: Buffer): Buffer | null {
    if (way.cutAt !== undefined && data.includes(way.cutAt)) {
      way.cut();
      return null;
    }
    return this.isPooler ? withOtherKey(data) : data;
  }

  close(): void {
    for (const way of this.ways) way.cut();
    this.#server.close();
  }
}

const proxies: Proxy[] = [];

after(() => {
  for (const proxy of proxies) proxy.close();
});

interface Watched {
  readonly words: string;
  readonly direction: Direction;
  readonly resolve: (way: Way) => void;
}

interface Ends {
  readonly client: Socket;
  readonly server: Socket;
}

type Pass = (data: Buffer, direction: Direction) => Buffer | null;

/** One connection through the proxy. */
export class Way {
  /** All that was asked on it. */
  asked = '';
  /** The answer to its commit is not to be heard. */
  cutAt: string | undefined;
  ended = (): void => undefined;
  readonly #ends: Ends;
  /** What is on its way where nothing passes; null: the end of the connection. */
  readonly #held = new Map<Direction, (Buffer | null)[]>();

  constructor(ends: Ends, pass: Pass) {
    this.#ends = ends;
    ends.client.on('data', (data: Buffer) => {
      this.asked += data.toString('latin1');
      const passing = pass(data, 'asked');
      if (passing !== null) this.#send('asked', passing);
    });
    ends.server.on('data', (data: Buffer) => {
      const passing = pass(data, 'answered');
      if (passing !== null) this.#send('answered', passing);
    });
    for (const direction of ['asked', 'answered'] as const) {
      this.#from(direction).on('error', () => undefined);
      this.#from(direction).on('close', () => this.#send(direction, null));
    }
  }

  hold(...directions: readonly Direction[]): void {
    for (const direction of directions)
      if (!this.#held.has(direction)) this.#held.set(direction, []);
  }

  release(): void {
    for (const [direction, held] of this.#held) {
      this.#held.delete(direction);
      for (const each of held) this.#send(direction, each);
    }
  }

  cut(): void {
    this.#ends.client.destroy();
    this.#ends.server.destroy();
    this.ended();
  }

  #send(direction: Direction, data: Buffer | null): void {
    const held = this.#held.get(direction);
    const to = direction === 'asked' ? this.#ends.server : this.#ends.client;
    if (held !== undefined) held.push(data);
    else if (data !== null) to.write(data);
    else {
      to.end(() => to.destroy());
      this.ended();
    }
  }

  #from(direction: Direction): Socket {
    return direction === 'asked' ? this.#ends.client : this.#ends.server;
  }
}

/** BackendKeyData: a K, a length of 12, the number of the process, a secret. */
function withOtherKey(data: Buffer): Buffer {
  const at = data.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
  if (at !== -1) data.writeInt32BE(1, at + 5);
  return data;
}
