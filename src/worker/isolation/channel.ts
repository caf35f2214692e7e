/** A handler process or thread as the worker sees it. */
import type { FromRunner, ToRunner } from './messages.ts';

export interface Channel {
  post(message: ToRunner): void;
  /** Whether it keeps this process alive. */
  hold(isHeld: boolean): void;
  /** Ends it at once, with all that it started. */
  kill(): void;
}

export interface ChannelListener {
  received(message: FromRunner): void;
  /** It is gone; `how` is a sentence: 'Its process 4711 was ended by SIGSEGV'. Abandoned: the worker had been stopped for too long. */
  ended(how: string, details?: { readonly isAbandoned: boolean }): void;
}
