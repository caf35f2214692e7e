// How late a job starts that was put off: to a moment of its own, or by the delay before its next attempt.
import { allSettled, Child } from './child.ts';
import { freshDatabase } from './database.ts';
import { type Finding, quantile } from './figures.ts';
import { type Settings, sized } from './settings.ts';
import { inTurn } from './turns.ts';

export async function due(settings: Settings): Promise<Finding[]> {
  const jobs = sized(settings, 500);
  const { durability, store } = settings;
  const taken = await inTurn<'delayed' | 'retried', number[]>(settings.rounds, {
    delayed: () => lateness('sendDue', { jobs, spanMs: jobs * 8 }, settings),
    retried: () => lateness('sendRetried', { jobs, gapMs: 8 }, settings),
  });
  const figure = (name: string, rounds: readonly number[][]): Finding => ({
    name: `${name}, p99`,
    unit: 'ms',
    rounds: rounds.map((waits) => quantile(waits, 0.99)),
    durability,
    target: { atMost: store === 'sqlite' ? 10 : 20 },
  });
  return [
    figure('a delayed job starts late by', taken.delayed),
    figure('a second attempt starts late by', taken.retried),
  ];
}

async function lateness(
  command: 'sendDue' | 'sendRetried',
  options: object,
  { durability, concurrency = 10 }: Settings,
): Promise<number[]> {
  const database = await freshDatabase('due');
  await using working = await Child.start({ database, durability, worker: { concurrency } });
  await using submitting = await Child.start({ database, durability });
  await working.call('start');
  await submitting.call(command, options);
  await allSettled(submitting);
  return (await working.call('report')).waits;
}
