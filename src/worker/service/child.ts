/** One process of a service, as the service sees it: from its start to its end. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Logger } from '../../client/logger.ts';
import { fromPlainError } from '../../core/errors.ts';
import { defaults } from '../../core/limits.ts';
import { Alarm } from '../alarm.ts';
import {
  type ProcessIdentity,
  processIdentity,
  processState,
  supervisorVariable,
} from '../identity.ts';
import { logEntry } from '../isolation/relayed-log.ts';
import { inheritedFlags } from '../inherited-flags.ts';
import { type FromProcess, openEnvelope, type Orders, type ToProcess } from './messages.ts';

export interface ChildParts {
  readonly orders: Orders;
  readonly logger: Logger;
  readonly shutdownMs: number;
  /** The working directory that paths are relative to. */
  readonly cwd: string;
  readonly ready: (pid: number) => void;
}

/** How a process ended. */
export interface ChildEnd {
  readonly identity: ProcessIdentity;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What its worker ended with; or why there was no process. */
  readonly error: Error | null;
  readonly wasReady: boolean;
  /** Whether its worker stopped as it should, and so holds no jobs. */
  readonly hasLeft: boolean;
  /** Whether somebody had told it to stop. */
  readonly wasTold: boolean;
  readonly livedMs: number;
}

/** Beyond the deadline and the grace of its handlers: for the worker to record, and for the process to end. */
const endMs = 1000;
const reserveMs = 2000;
/** Its last words arrive with its end, unless somebody else holds their channel. */
const lastWordsMs = 250;

const program = new URL(import.meta.resolve('#service-process'));

export class ServiceChild {
  readonly ended: Promise<ChildEnd>;
  readonly #parts: ChildParts;
  readonly #process: ChildProcess;
  readonly #identity: ProcessIdentity;
  readonly #startedAtMs = performance.now();
  readonly #deadline = new Alarm(() => this.#killGroup());
  #lastWords = new Alarm(() => undefined);
  #deadlineAtMs = Infinity;
  #isReady = false;
  #wasTold = false;
  #hasLeft = false;
  #error: Error | null = null;

  /** Starts it. It leads a process group of its own: what is typed on a terminal reaches the service alone. */
  constructor(parts: ChildParts) {
    this.#parts = parts;
    this.#process = fork(program, [String(process.pid)], {
      cwd: parts.cwd,
      detached: true,
      env: { ...process.env, [supervisorVariable]: String(process.pid) },
      execArgv: inheritedFlags(process.execArgv),
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const { pid = 0 } = this.#process;
    this.#identity = { ...processIdentity(), pid, pidStart: processState(pid)?.start ?? null };
    this.ended = this.#end();
    this.#process.on('message', (received) => this.#hear(openEnvelope(received)));
    // It cannot be told to stop any more; usually it has ended.
    this.#process.once('disconnect', () => this.#killWithin(reserveMs));
    this.#send({ type: 'start', orders: parts.orders });
  }

  get pid(): number {
    return this.#identity.pid;
  }

  /** Its jobs may go on for so long; what is left of it well after that is killed. */
  stop(timeoutMs: number): void {
    this.#send({ type: 'stop', timeoutMs });
    this.#expectEnd(timeoutMs);
  }

  /** Ends it at once, with all that it started. */
  kill(): void {
    this.#wasTold = true;
    this.#killGroup();
  }

  #send(message: ToProcess): void {
    // Its end is heard of in another way.
    if (this.#process.connected) this.#process.send(message, () => undefined);
  }

  #hear(message: FromProcess | undefined): void {
    if (message === undefined) return;
    if (message.type === 'log') return logEntry(this.#parts.logger, message.entry);
    if (message.type === 'ready') {
      this.#isReady = true;
      this.#parts.ready(this.pid);
    } else if (message.type === 'stopping') {
      this.#expectEnd(this.#parts.shutdownMs);
    } else {
      this.#hasLeft = message.error === null;
      this.#error = message.error && fromPlainError(message.error);
      this.#killWithin(reserveMs);
    }
  }

  #expectEnd(timeoutMs: number): void {
    this.#wasTold = true;
    this.#killWithin(timeoutMs + defaults.graceMs + endMs + reserveMs);
  }

  /** Of several deadlines the earliest counts. */
  #killWithin(ms: number): void {
    const atMs = performance.now() + ms;
    if (atMs >= this.#deadlineAtMs) return;
    this.#deadlineAtMs = atMs;
    this.#deadline.set(ms);
  }

  #killGroup(): void {
    // The number 0 would stand for our own group.
    if (this.pid === 0) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      this.#process.kill('SIGKILL');
    }
  }

  async #end(): Promise<ChildEnd> {
    const [code, signal] = await this.#exit();
    this.#deadline.clear();
    this.#lastWords.clear();
    if (this.#process.connected) this.#process.disconnect();
    return {
      identity: this.#identity,
      code,
      signal,
      error: this.#error,
      wasReady: this.#isReady,
      hasLeft: this.#hasLeft,
      wasTold: this.#wasTold,
      livedMs: performance.now() - this.#startedAtMs,
    };
  }

  #exit(): Promise<readonly [number | null, NodeJS.Signals | null]> {
    const child = this.#process;
    return new Promise((resolve) => {
      const over = (): void => resolve([child.exitCode, child.signalCode]);
      child.once('close', over);
      child.once('exit', () => {
        this.#killGroup();
        this.#lastWords.set(lastWordsMs);
      });
      child.on('error', (error) => {
        // Others do not end it.
        if (child.pid !== undefined) return;
        this.#error = error;
        over();
      });
      this.#lastWords = new Alarm(over);
    });
  }
}

/** The end of a process that there never was. */
export function neverStarted(error: unknown): ChildEnd {
  return {
    identity: { ...processIdentity(), pid: 0, pidStart: null },
    code: null,
    signal: null,
    error: error instanceof Error ? error : new Error(String(error)),
    wasReady: false,
    hasLeft: false,
    wasTold: false,
    livedMs: 0,
  };
}
