/** A connection that listens: made when there is something to listen for, probed, and made again when it is lost. */
import type pg from 'pg';
import type { Clock } from '../store.ts';
import { connect, type Driver, isPooled, leave } from './connecting.ts';

export interface Hearing {
  readonly heard: (channel: string, sender: string) => void;
  /** It can listen from now on, or has found that it never can. */
  readonly changed: () => void;
}

/** How often it is looked whether the server is still there, and how long that may take. */
const probeMs = 10_000;
const answerMs = 5_000;
const againMs = { least: 100, most: 5_000 };

export class Listener {
  readonly #driver: Driver;
  readonly #clock: Clock;
  readonly #hearing: Hearing;
  #wanted: readonly string[] = [];
  #listening: readonly string[] = [];
  #client: pg.Client | undefined;
  #connecting: Promise<void> | undefined;
  #failures = 0;
  #isDeaf = false;
  #isResting = false;
  #stopTimer = (): void => undefined;

  constructor(driver: Driver, clock: Clock, hearing: Hearing) {
    this.#driver = driver;
    this.#clock = clock;
    this.#hearing = hearing;
  }

  /** It goes through a pooler that lends each transaction another connection: nobody can listen there. */
  get isDeaf(): boolean {
    return this.#isDeaf;
  }

  listen(channels: readonly string[]): void {
    this.#wanted = channels;
    if (this.#isDeaf || channels.join() === this.#listening.join()) return;
    if (this.#client !== undefined) this.#adjust(this.#client);
    else if (channels.length > 0 && !this.#isResting) this.#connecting ??= this.#begin();
  }

  async close(): Promise<void> {
    this.#wanted = [];
    this.#driver.abort();
    await this.#connecting;
    this.#stopTimer();
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined) await leave(this.#driver, client);
  }

  async #begin(): Promise<void> {
    try {
      const client = await connect(this.#driver, (each) => this.#listenOn(each));
      if (this.#isDeaf) this.#driver.drop(client);
      else this.#attendTo(client);
      this.#failures = 0;
    } catch {
      this.#listening = [];
      return this.#beginLater();
    } finally {
      this.#connecting = undefined;
    }
    this.#hearing.changed();
  }

  /** Rejects where nobody can listen just now, such as on a standby: then it is tried ever more rarely. */
  async #listenOn(client: pg.Client): Promise<void> {
    this.#isDeaf = await isPooled(client);
    if (this.#isDeaf) return;
    const wanted = this.#wanted;
    await Promise.all(wanted.map((channel) => client.query(`LISTEN "${channel}"`)));
    this.#listening = wanted;
  }

  #attendTo(client: pg.Client): void {
    this.#client = client;
    client.on('notification', ({ channel, payload = '' }) => {
      this.#hearing.heard(channel, payload);
    });
    client.on('error', () => {
      this.#lose(client);
    });
    client.on('end', () => {
      this.#lose(client);
    });
    this.#adjust(client);
    this.#probeLater(client);
  }

  #adjust(client: pg.Client): void {
    const ask = (command: string, channels: readonly string[]): void => {
      for (const channel of channels)
        client.query(`${command} "${channel}"`).catch(() => {
          this.#lose(client);
        });
    };
    ask(
      'UNLISTEN',
      this.#listening.filter((channel) => !this.#wanted.includes(channel)),
    );
    ask(
      'LISTEN',
      this.#wanted.filter((channel) => !this.#listening.includes(channel)),
    );
    this.#listening = this.#wanted;
  }

  /** A connection whose other end is gone without a word looks just like one on which there is no news. */
  #probeLater(client: pg.Client): void {
    this.#stopTimer = this.#clock.timer(probeMs, () => {
      this.#stopTimer = this.#clock.timer(answerMs, () => {
        this.#lose(client);
      });
      client.query('SELECT 1').then(
        () => {
          if (this.#client !== client) return;
          this.#stopTimer();
          this.#probeLater(client);
        },
        () => {
          this.#lose(client);
        },
      );
    });
  }

  #lose(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#listening = [];
    this.#driver.drop(client);
    this.#beginLater();
  }

  #beginLater(): void {
    const longest = Math.min(againMs.most, againMs.least * 2 ** this.#failures);
    this.#failures += 1;
    this.#stopTimer();
    this.#isResting = true;
    this.#stopTimer = this.#clock.timer(longest * (0.5 + Math.random() / 2), () => {
      this.#isResting = false;
      this.listen(this.#wanted);
    });
  }
}
