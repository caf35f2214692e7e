/** The commands of `gigq` and how its help looks. */
import { readFileSync } from 'node:fs';
import { type Argument, Command } from 'commander';
import { withNotes } from './help-notes.ts';
import { colorsOf, hasColors } from './output.ts';

type Define = (program: Command) => void;

// Each in a module of its own, so that a command loads no other one.
const groups: Readonly<Record<string, Readonly<Record<string, () => Promise<Define>>>>> = {
  'Jobs:': {
    submit: async () => (await import('./commands/submit.ts')).defineSubmit,
    status: async () => (await import('./commands/status.ts')).defineStatus,
    list: async () => (await import('./commands/list.ts')).defineList,
    cancel: async () => (await import('./commands/change-job.ts')).defineCancel,
    requeue: async () => (await import('./commands/change-job.ts')).defineRequeue,
    why: async () => (await import('./commands/why.ts')).defineWhy,
  },
  'Workflows:': {
    workflow: async () => (await import('./commands/workflow.ts')).defineWorkflow,
  },
  'Queue:': {
    stats: async () => (await import('./commands/stats.ts')).defineStats,
    clear: async () => (await import('./commands/clear.ts')).defineClear,
    migrate: async () => (await import('./commands/migrate.ts')).defineMigrate,
    move: async () => (await import('./commands/move.ts')).defineMove,
    doctor: async () => (await import('./commands/doctor.ts')).defineDoctor,
  },
  'Workers:': {
    worker: async () => (await import('./commands/worker.ts')).defineWorker,
    workers: async () => (await import('./commands/workers.ts')).defineWorkers,
  },
};

const notes = `
Durations have a unit: 500ms, 90s, 5m, 2h, 7d, 1h30m. A bare number is seconds.
Options may stand before or after the command, and win over the environment;
that wins over gigq.config.ts (or .js) in the working directory:

  export default {
    db: 'jobs.db',
    tasks: ['./tasks.ts'],
    queues: ['mail'],
    concurrency: 4,
    pollingInterval: '2s',
  };

Environment:
  GIGQ_DB, GIGQ_DB_PATH    path of the database
  GIGQ_TASKS               modules with tasks, separated by commas
  GIGQ_WORKER_ID, GIGQ_POLLING_INTERVAL, GIGQ_CONCURRENCY
                           as the options of gigq worker
  GIGQ_ALLOW_NETWORK_FS    1 allows a database on a network file system
  NO_COLOR                 no colours

Exit codes:
  0  done                  1  not found, not possible, or failed
  2  wrong usage           124  waiting timed out

Examples:
  $ gigq submit tasks.ts#greet -p name=Alice --wait
  $ gigq worker --tasks tasks.ts --concurrency 4
  $ gigq list --status failed --json | jq -r .id
`;

function readVersion(): string {
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

function argumentTerm(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function groupTerm({ commands }: Command): readonly string[] {
  return commands.length > 0 ? ['<command>'] : [];
}

function styleHelp(program: Command): void {
  const { bold, cyan } = colorsOf(process.stdout);
  program.configureHelp({
    styleTitle: bold,
    styleCommandText: cyan,
    styleSubcommandText: cyan,
    styleOptionText: cyan,
    styleArgumentText: cyan,
    subcommandTerm: (command) =>
      [
        command.name(),
        ...command.registeredArguments.map(argumentTerm),
        ...groupTerm(command),
      ].join(' '),
  });
}

async function defineCommands(program: Command, only: string): Promise<void> {
  const isKnown = Object.values(groups).some((commands) => Object.hasOwn(commands, only));
  for (const [heading, commands] of Object.entries(groups)) {
    program.commandsGroup(heading);
    for (const [name, load] of Object.entries(commands)) {
      if (!isKnown || name === only) (await load())(program);
    }
  }
}

/**
 * The parser: with one command if `first` is its name, else with all of them. It throws instead of ending the
 * process, and prints nothing but help.
 */
export async function createProgram(first: string): Promise<Command> {
  const program = new Command('gigq')
    .description('A job queue that lives in one SQLite file.')
    .usage('[options] <command>')
    .version(readVersion(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .exitOverride()
    .configureOutput({
      outputError: () => undefined,
      getOutHasColors: () => hasColors(process.stdout),
      getErrHasColors: () => hasColors(process.stderr),
    });
  styleHelp(program);
  await defineCommands(program, first);
  return withNotes(program, notes);
}
