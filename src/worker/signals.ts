/**
 * SIGINT and SIGTERM. The first stops every worker of the process that asked for it; the second gives up: our handlers
 * go and the signal is raised again, so that the process ends by it, whatever the database does.
 */
import { constants } from 'node:os';

const names = ['SIGINT', 'SIGTERM'] as const;
type Name = (typeof names)[number];

interface Interest {
  readonly stop: (signal: NodeJS.Signals) => void;
  readonly giveUp: () => void;
}

const interests = new Set<Interest>();
let isStopping = false;

/**
 * Calls back at the first signal, and at the second just before the process ends by it, until the returned function is
 * called; the handlers are shared.
 */
export function onFirstSignal(stop: Interest['stop'], giveUp = (): void => {}): () => void {
  const interest = { stop, giveUp };
  if (interests.size === 0) for (const name of names) process.on(name, receive);
  interests.add(interest);
  return () => {
    if (interests.delete(interest) && interests.size === 0) ignore();
  };
}

function receive(signal: Name): void {
  if (isStopping) return endAtOnce(signal);
  isStopping = true;
  for (const { stop } of interests) stop(signal);
}

function endAtOnce(signal: Name): void {
  for (const interest of interests) interest.giveUp();
  ignore();
  // Once all who listen have been called: a listener that is there for one signal would swallow ours.
  process.nextTick(() => endBy(signal));
}

/** The first process of a container is spared by the signals that it does not handle: it says by its code what ended it. */
function endBy(signal: Name): void {
  if (process.pid === 1) process.exit(128 + constants.signals[signal]);
  process.kill(process.pid, signal);
}

function ignore(): void {
  for (const name of names) process.off(name, receive);
  isStopping = false;
}
