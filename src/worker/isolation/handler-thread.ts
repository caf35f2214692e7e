/** A thread for handlers: its JavaScript can be ended at any moment, a native call only once it returns. */
import { Worker } from 'node:worker_threads';
import { describeError } from '../../core/describe-error.ts';
import { property } from '../../core/preview.ts';
import type { Channel, ChannelListener } from './channel.ts';
import { openEnvelope, type ToRunner } from './messages.ts';
import type { Place } from './place.ts';
import { runnerModule } from './runner-module.ts';

export function openThread(place: Place, listener: ChannelListener): Channel {
  return new HandlerThread(place, listener);
}

class HandlerThread implements Channel {
  readonly #thread: Worker;

  constructor({ heapMb }: Place, { received, ended }: ChannelListener) {
    const limits = heapMb === null ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMb } };
    this.#thread = new Worker(runnerModule, { name: 'gigq handlers', ...limits, ...flags() });
    let error: unknown = null;
    this.#thread.on('message', (posted) => {
      const message = openEnvelope(posted);
      if (message !== undefined) received(message);
    });
    this.#thread.on('error', (thrown: unknown) => (error = thrown));
    this.#thread.on('exit', (code) => ended(describeEnd(code, error, heapMb)));
  }

  post(message: ToRunner): void {
    this.#thread.postMessage(message);
  }

  hold(isHeld: boolean): void {
    if (isHeld) this.#thread.ref();
    else this.#thread.unref();
  }

  kill(): void {
    void this.#thread.terminate();
  }
}

/** A thread takes over the flags of its process, but one of them holds for a program on the command line alone. */
function flags(): { readonly execArgv?: string[] } {
  const isForText = process.execArgv.some((flag) => flag.startsWith('--input-type'));
  return isForText ? { execArgv: [] } : {};
}

function describeEnd(code: number, error: unknown, heapMb: number | null): string {
  if (property(error, 'code') === 'ERR_WORKER_OUT_OF_MEMORY') {
    const limit = heapMb === null ? 'it may' : `its limit of ${heapMb} MiB (memoryLimitMb)`;
    return `Its thread took more memory than ${limit}`;
  }
  if (error === null) return `Its thread exited with code ${code}`;
  const { name, message } = describeError(error);
  return `Its thread ended by an error that nobody caught, ${name}: ${message}`;
}
