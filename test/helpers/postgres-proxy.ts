// A way to the server that can be cut off after a commit has been carried out and before anybody hears of it, and that can
// give sessions numbers of its own, as poolers do.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Scope } from './store-seam.ts';

export class Proxy {
  /** How many of the next commits nobody is to hear of. */
  commitsToCut = 0;
  /** What has been asked for by those that take it for a pooler. */
  asked = '';
  isPooler = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: URL) {
    this.#server = createServer((client) => {
      this.#join(client, connect(Number(target.port), target.hostname));
    });
  }

  /** Returns the address by way of the proxy, which ends with the test. */
  static async before(address: string, scope: Scope): Promise<{ proxy: Proxy; address: string }> {
    const way = new URL(address);
    const proxy = new Proxy(new URL(address));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    scope.after(() => proxy.#close());
    const found = proxy.#server.address();
    way.port = typeof found === 'object' && found !== null ? String(found.port) : '';
    return { proxy, address: way.href };
  }

  /** Cuts off everybody who is connected now. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket, server: Socket): void {
    let isCutting = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (data: Buffer) => {
      if (this.commitsToCut > 0 && data.includes('COMMIT')) {
        this.commitsToCut -= 1;
        isCutting = true;
      }
      this.asked += data.toString('latin1');
      server.write(data);
    });
    server.on('data', (data: Buffer) => {
      if (isCutting && data.includes('COMMIT')) client.destroy();
      else client.write(this.isPooler ? withOtherKey(data) : data);
    });
  }

  #close(): void {
    this.cut();
    this.#server.close();
  }
}

/** BackendKeyData: a K, a length of 12, the number of the process, a secret. */
function withOtherKey(data: Buffer): Buffer {
  const at = data.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
  if (at !== -1) data.writeInt32BE(1, at + 5);
  return data;
}
