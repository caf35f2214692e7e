/**
 * The states of a job and every transition between them, as data. The transition matrix of the tests and the
 * diagram in the docs are generated from this table; SQL and code must agree with it.
 */

export const statuses = [
  'blocked',
  'scheduled',
  'pending',
  'running',
  'completed',
  'failed',
  'timeout',
  'cancelled',
] as const;

/** The states of a job: `blocked`, `scheduled`, `pending` and `running` are alive, the others final. */
export type JobStatus = (typeof statuses)[number];

export type FinalStatus = Extract<JobStatus, 'completed' | 'failed' | 'timeout' | 'cancelled'>;

export const finalStatuses: readonly FinalStatus[] = [
  'completed',
  'failed',
  'timeout',
  'cancelled',
];

export function isFinal(status: JobStatus): status is FinalStatus {
  return (finalStatuses as readonly JobStatus[]).includes(status);
}

/** What can be done to a job. `settle` covers every way in which an execution ends. */
export type Command = 'promote' | 'claim' | 'settle' | 'cancel' | 'requeue' | 'prune';

/** Where a command leads from a state; a state that is not named refuses the command. */
type Transitions = Readonly<
  Record<Command, Partial<Record<JobStatus, readonly (JobStatus | 'removed')[]>>>
>;

export const transitions: Transitions = {
  promote: { scheduled: ['pending'] },
  claim: { pending: ['running'] },
  settle: { running: ['completed', 'failed', 'timeout', 'scheduled', 'pending'] },
  cancel: {
    blocked: ['cancelled'],
    scheduled: ['cancelled'],
    pending: ['cancelled'],
    running: ['cancelled'],
  },
  requeue: { failed: ['pending'], timeout: ['pending'], cancelled: ['pending'] },
  prune: { completed: ['removed'], cancelled: ['removed'] },
};

export function allows(command: Command, from: JobStatus, to?: JobStatus | 'removed'): boolean {
  const targets = transitions[command][from];
  return targets !== undefined && (to === undefined || targets.includes(to));
}

/** The states from which a command leads anywhere. */
export function sourcesOf(command: Command): readonly JobStatus[] {
  return statuses.filter((status) => allows(command, status));
}
