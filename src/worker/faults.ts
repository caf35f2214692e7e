/**
 * Errors that nobody awaits or catches: a floating rejection, a throw from a timer. What was raised in the asynchronous
 * context of a job is pinned on that job. What was raised elsewhere is none of our business: if nobody but us listens,
 * the process ends as it would without us.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** Whoever runs code of others, and takes the blame for what that code forgets to catch. */
export interface Scope {
  blame(error: unknown): void;
}

const scopes = new AsyncLocalStorage<Scope>();
const events = ['uncaughtException', 'unhandledRejection'] as const;
type Raise = (error: unknown) => unknown;

/** Runs the code so that whatever it leaves behind is blamed on the scope. */
export function runIn<T>(scope: Scope, code: () => T): T {
  return scopes.run(scope, code);
}

let guards = 0;

/** Listens until the returned function is called; several guards share the listeners. */
export function guardFaults(): () => void {
  guards += 1;
  if (guards === 1) listen();
  let isOn = true;
  return () => {
    if (isOn) guards -= 1;
    if (isOn && guards === 0) ignore();
    isOn = false;
  };
}

// A program can load gigq twice: the other copy's listeners count as ours.
const brand = Symbol.for('gigq.faults');
Object.assign(onException, { [brand]: true });
Object.assign(onRejection, { [brand]: true });

function isOurs(listener: object): boolean {
  return brand in listener;
}

function listen(): void {
  process.on('uncaughtException', onException);
  process.on('unhandledRejection', onRejection);
}

function ignore(): void {
  process.off('uncaughtException', onException);
  process.off('unhandledRejection', onRejection);
}

function onException(error: unknown): void {
  attribute('uncaughtException', error, throwAgain);
}

function onRejection(error: unknown): void {
  attribute('unhandledRejection', error, rejectAgain);
}

function attribute(event: (typeof events)[number], error: unknown, raise: Raise): void {
  const scope = scopes.getStore();
  if (scope !== undefined) scope.blame(error);
  else if (process.listeners(event as 'uncaughtException').every(isOurs)) withoutUs(error, raise);
}

/** Node decides by its own settings what becomes of it; if the process survives, we listen again. */
function withoutUs(error: unknown, raise: Raise): void {
  ignore();
  setImmediate(() => {
    ignore();
    if (guards > 0) listen();
  });
  raise(error);
}

// Thrown in a turn of its own: from within the listener it would end the process with another code.
const throwAgain: Raise = (error) => {
  process.nextTick(() => {
    throw error;
  });
};

const rejectAgain: Raise = async (error) => {
  throw error;
};
