/**
 * The program of a handler process or thread: runs one job at a time, by the same code as on the worker's own event loop.
 * Time-outs and grace are its worker's business: here a handler is only asked to stop.
 */
import { isMainThread, parentPort } from 'node:worker_threads';
import type { TaskDefinition } from '../../client/registry.ts';
import { toPlainError } from '../../core/errors.ts';
import type { Progress } from '../../core/job.ts';
import { Attempt, type AttemptHost, type Ending } from '../attempt.ts';
import { guardFaults, runIn } from '../faults.ts';
import { ProgressBuffer } from '../progress-buffer.ts';
import { type AttemptTools, runAttempt } from '../run-attempt.ts';
import { byName, tasksIn } from '../task-loader.ts';
import type { Envelope, FromRunner, ToRunner } from './messages.ts';
import { relayingLogger } from './relayed-log.ts';
import { killGroup, startWatchdog, type Watch } from './watchdog.ts';

type RunMessage = Extract<ToRunner, { type: 'run' }>;

/** Messages on their way: a worker that does not listen must not fill the memory of its processes with logs. */
let unheard = 0;
const unheardMax = 1000;

class Runner implements AttemptHost {
  readonly #post: (message: FromRunner) => void;
  readonly #tasks = new Map<string, Promise<Map<string, TaskDefinition>>>();
  readonly #progress: ProgressBuffer;
  #attempt: Attempt | null = null;
  #isHandlerDone = false;
  #beganAtMs = 0;
  #before: Surroundings = { settings: '', children: 0 };

  constructor(post: (message: FromRunner) => void) {
    this.#post = post;
    this.#progress = new ProgressBuffer((reports) => {
      for (const { progress } of reports) post({ type: 'progress', progress });
    });
  }

  receive(message: ToRunner): void {
    if (message.type === 'load') void this.#load(message.file);
    else if (message.type === 'run') this.#run(message);
    else if (message.type === 'abort') this.#attempt?.abort(message.code);
    else this.#close();
  }

  /** With what earlier handlers have started, once everybody has said goodbye. */
  #close(): void {
    if (isMainThread) process.once('exit', killGroup);
    process.exit();
  }

  // ── AttemptHost ───────────────────────────────────────────────────────────────────────────────

  ended(_attempt: Attempt, { outcome, abort, thrown }: Ending): void {
    this.#progress.flushEnded();
    const plain = thrown === undefined ? null : toPlainError(thrown);
    const tookMs = performance.now() - this.#beganAtMs;
    const isClean = this.#isHandlerDone && this.#isAsBefore();
    this.#post({ type: 'ended', outcome, abort, thrown: plain, tookMs, isClean });
  }

  blamedLate(_attempt: Attempt, error: unknown): void {
    this.#post({ type: 'stray', error: toPlainError(error) });
  }

  // ── inside ────────────────────────────────────────────────────────────────────────────────────

  #run({ job, inputs, file }: RunMessage): void {
    const attempt = new Attempt(job, this, { timeout: null, graceMs: Infinity });
    this.#attempt = attempt;
    this.#isHandlerDone = false;
    this.#beganAtMs = performance.now();
    const tools = {
      logger: relayingLogger((entry) => {
        if (unheard < unheardMax) this.#post({ type: 'log', entry });
      }),
      inputsOf: () => Promise.resolve(inputs ?? 'lost'),
      report: (each: Attempt, progress: Progress) => this.#progress.add(each, progress),
    };
    attempt.begin(() => runIn(attempt, () => this.#handle(attempt, file, tools)));
  }

  async #load(file: string): Promise<void> {
    await this.#tasksIn(file).catch(() => undefined);
    this.#post({ type: 'ready' });
  }

  #tasksIn(file: string): Promise<Map<string, TaskDefinition>> {
    let tasks = this.#tasks.get(file);
    if (tasks === undefined) this.#tasks.set(file, (tasks = this.#import(file)));
    return tasks;
  }

  /** What a module changes as it is imported is how its handlers find everything. */
  async #import(file: string): Promise<Map<string, TaskDefinition>> {
    try {
      return byName(await tasksIn(file));
    } finally {
      this.#before = surroundings();
    }
  }

  /** Looked at once a job, for it takes as long as a small handler: what comes to light late tells as well. */
  #isAsBefore(): boolean {
    const before = this.#before;
    this.#before = surroundings();
    const { settings, children } = this.#before;
    return settings === before.settings && children <= before.children;
  }

  async #handle(
    attempt: Attempt,
    file: string,
    tools: Omit<AttemptTools, 'taskNamed'>,
  ): Promise<Ending> {
    const tasks = await this.#tasksIn(file);
    this.#beganAtMs = performance.now();
    const ending = await runAttempt(attempt, { ...tools, taskNamed: (name) => tasks.get(name) });
    this.#isHandlerDone = true;
    return ending;
  }
}

/** What a handler can change so that the next one would feel it. */
interface Surroundings {
  readonly settings: string;
  /** Processes that it left running, too. */
  readonly children: number;
}

function surroundings(): Surroundings {
  const children = process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;
  return { settings: JSON.stringify([process.cwd(), process.env]), children };
}

function inThread(port: NonNullable<typeof parentPort>): void {
  const runner = new Runner((message) => port.postMessage(inEnvelope(message)));
  port.on('message', (message: ToRunner) => runner.receive(message));
  port.postMessage(inEnvelope({ type: 'ready' }));
}

function inEnvelope(gigq: FromRunner): Envelope {
  return { gigq };
}

function send(message: FromRunner): void {
  unheard += 1;
  // That nobody hears it any more is told by the channel's end.
  process.send?.(inEnvelope(message), undefined, undefined, () => {
    unheard -= 1;
  });
}

function inProcess(): void {
  startWatchdog(JSON.parse(process.argv[2] ?? '{}') as Watch);
  // A signal to all of a terminal or a service is for the worker, which then tells its handlers.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => undefined);
  const runner = new Runner(send);
  process.on('message', (message) => runner.receive(message as ToRunner));
  process.on('disconnect', killGroup);
  send({ type: 'ready' });
}

guardFaults();
if (isMainThread || parentPort === null) inProcess();
else inThread(parentPort);
