/**
 * SIGINT and SIGTERM. The first stops every worker of the process that asked for it; the second gives up: our handlers
 * go and the signal is raised again, so that the process ends by it, whatever the database does.
 */

const names = ['SIGINT', 'SIGTERM'] as const;
type Name = (typeof names)[number];

const stops = new Set<(signal: Name) => void>();
let isStopping = false;

/** Calls back at the first signal until the returned function is called; the handlers are shared. */
export function onFirstSignal(stop: (signal: NodeJS.Signals) => void): () => void {
  if (stops.size === 0) for (const name of names) process.on(name, receive);
  stops.add(stop);
  return () => {
    if (stops.delete(stop) && stops.size === 0) ignore();
  };
}

function receive(signal: Name): void {
  if (isStopping) return giveUp(signal);
  isStopping = true;
  for (const stop of stops) stop(signal);
}

function giveUp(signal: Name): void {
  ignore();
  // Once all who listen have been called: a listener that is there for one signal would swallow ours.
  process.nextTick(() => process.kill(process.pid, signal));
}

function ignore(): void {
  for (const name of names) process.off(name, receive);
  isStopping = false;
}
