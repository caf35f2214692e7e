/** A process for handlers: the leader of a group of its own, so that it can be ended with all that it started. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Channel, ChannelListener } from './channel.ts';
import { inheritedFlags } from '../inherited-flags.ts';
import { runnerModule } from './runner-module.ts';
import { openEnvelope, type ToRunner } from './messages.ts';
import type { Place } from './place.ts';
import { abandoned, outOfMemory, type Watch } from './watchdog.ts';

export function openProcess(place: Place, listener: ChannelListener, leaseMs: number): Channel {
  return new HandlerProcess(place, listener, leaseMs);
}

/**
 * A worker beats every third of its lease. When it is stopped, its last beat may be that old: what is left is how long
 * its handlers may go on, less the time that it takes to notice.
 */
const frozenShare = 2 / 3;
const reactionMs = 500;
/** From the end of its channel to its own. */
const endMs = 1000;

class HandlerProcess implements Channel {
  readonly #place: Place;
  readonly #child: ChildProcess;
  readonly #report: Readable | null;
  #lastWord = '';

  constructor(place: Place, listener: ChannelListener, leaseMs: number) {
    this.#place = place;
    const frozenMs = Math.max(0, leaseMs * frozenShare - reactionMs);
    const watch = { parentPid: process.pid, graceMs: 0, frozenMs, memoryLimitMb: place.totalMb };
    this.#child = fork(runnerModule, [JSON.stringify(watch satisfies Watch)], {
      detached: true,
      execArgv: [...inheritedFlags(process.execArgv), ...heapLimit(place)],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
    });
    this.#report = (this.#child.stdio[4] as Readable | undefined) ?? null;
    this.#listen(listener);
  }

  #listen(listener: ChannelListener): void {
    let isGone = false;
    const ended = (how: string): void => {
      if (isGone) return;
      isGone = true;
      this.kill();
      listener.ended(how, { isAbandoned: this.#lastWord.includes(abandoned) });
    };
    this.#child.on('message', (received) => {
      const message = openEnvelope(received);
      if (message !== undefined) listener.received(message);
    });
    this.#child.on('exit', (code, signal) => ended(this.#describe(code, signal)));
    this.#child.on('error', (error) => {
      if (this.#child.pid === undefined)
        ended(`Its process could not be started: ${error.message}`);
    });
    // Usually it is just ending. If it only closed what it hears by, it is of no more use.
    this.#child.on('disconnect', () => setTimeout(() => isGone || this.kill(), endMs).unref());
    this.#report?.on('data', (data: Buffer) => (this.#lastWord += data.toString()));
  }

  post(message: ToRunner): void {
    // What it does not hear any more is told by its end.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  hold(isHeld: boolean): void {
    const method = isHeld ? 'ref' : 'unref';
    this.#child[method]();
    this.#child.channel?.[method]();
    (this.#report as unknown as Partial<Record<typeof method, () => void>> | null)?.[method]?.();
  }

  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nobody is left in its group.
    }
  }

  #describe(code: number | null, signal: NodeJS.Signals | null): string {
    const itself = `Its process ${this.#child.pid}`;
    if (this.#lastWord.includes(outOfMemory))
      return `${itself} took more memory than its limit of ${this.#place.totalMb} MiB (memoryLimitMb)`;
    if (signal === null) return `${itself} exited with code ${code}`;
    const { heapMb } = this.#place;
    const perhaps =
      signal === 'SIGABRT' && heapMb !== null
        ? `, as it is when it takes more memory than its limit of ${heapMb} MiB (memoryLimitMb)`
        : '';
    return `${itself} was ended by ${signal}${perhaps}`;
  }
}

function heapLimit({ heapMb }: Place): readonly string[] {
  return heapMb === null ? [] : [`--max-old-space-size=${heapMb}`];
}
