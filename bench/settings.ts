// What the command line asks for: `npm run bench -- drain submit --rounds 5`.
import { parseArgs } from 'node:util';

export type Durability = 'full' | 'relaxed';

export type StoreName = 'sqlite' | 'postgres';

export interface Settings {
  /** The benches to run, in this order. */
  readonly benches: readonly string[];
  readonly store: StoreName;
  readonly durability: Durability;
  /** A tenth of everything, once: to see that a bench works, not how fast anything is. */
  readonly quick: boolean;
  readonly rounds: number;
  /** Undefined: each bench has a size of its own. */
  readonly jobs: number | undefined;
  /** Undefined: each bench has its own, and `drain` takes several. */
  readonly concurrency: number | undefined;
  /** Of the bench `snapshot`. */
  readonly minutes: number | undefined;
  readonly peers: readonly string[] | undefined;
  readonly cases: readonly string[] | undefined;
}

/** The command line asks for something that there is not. */
export class UsageError extends Error {}

export const usage = `npm run bench [-- <bench> …] [options]

  --store sqlite|postgres    where the jobs are: in files, or on a server that the bench starts
  --durability full|relaxed  default full: an acknowledged job is on the disk
  --rounds 3                 how often each figure is taken
  --jobs 20000               default: each bench has its own number
  --concurrency 100          default: each bench has its own
  --minutes 10               for the bench snapshot: how long it is held
  --quick                    a tenth of everything, once: to see that it works
  --peers plainjob,bullmq    for the bench peers: which; default all
  --cases submit,drain       for the bench peers: what; default all but backlog

npm run bench -- table       writes the newest results into README.md`;

const options = {
  store: { type: 'string', default: 'sqlite' },
  durability: { type: 'string', default: 'full' },
  quick: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  jobs: { type: 'string' },
  concurrency: { type: 'string' },
  minutes: { type: 'string' },
  peers: { type: 'string' },
  cases: { type: 'string' },
} as const;

/** @throws {UsageError} */
export function readSettings(
  args: readonly string[],
  {
    known,
    usual,
  }: {
    readonly known: readonly string[];
    readonly usual: Readonly<Record<StoreName, readonly string[]>>;
  },
): Settings {
  const { values, positionals } = parsed(args);
  for (const name of positionals) oneOf('bench', name, known);
  const store = oneOf('--store', values.store, ['sqlite', 'postgres']);
  return {
    benches: positionals.length > 0 ? positionals : usual[store],
    store,
    durability: oneOf('--durability', values.durability, ['full', 'relaxed']),
    quick: values.quick,
    rounds: positive('--rounds', values.rounds) ?? (values.quick ? 1 : 3),
    jobs: positive('--jobs', values.jobs),
    concurrency: positive('--concurrency', values.concurrency),
    minutes: positive('--minutes', values.minutes),
    peers: listed(values.peers),
    cases: listed(values.cases),
  };
}

/** How many jobs a bench takes that would take so many by itself. */
export function sized({ jobs, quick }: Settings, usual: number): number {
  return jobs ?? (quick ? Math.max(1, Math.round(usual / 10)) : usual);
}

/** @throws {UsageError} */
export function oneOf<Name extends string>(
  what: string,
  given: string,
  names: readonly Name[],
): Name {
  const found = names.find((name) => name === given);
  if (found !== undefined) return found;
  throw new UsageError(
    what === 'bench'
      ? `There is no bench called ${given}. There are: ${names.join(', ')}.`
      : `${what} takes one of ${names.join(', ')}, not ${given}.`,
  );
}

function parsed(args: readonly string[]): ReturnType<typeof parseStrictly> {
  try {
    return parseStrictly(args);
  } catch (error) {
    // Of parseArgs: an option that is unknown or lacks its value.
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function parseStrictly(args: readonly string[]) {
  return parseArgs({ args: [...args], allowPositionals: true, options });
}

function positive(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new UsageError(`${option} takes a whole number above 0, not ${value}.`);
}

function listed(value: string | undefined): string[] | undefined {
  return value?.split(',').filter((name) => name !== '');
}
