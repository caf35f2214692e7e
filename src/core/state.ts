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

/**
 * What can be done to a job. `settle` covers every way in which an execution ends. `release`: the last parent that it
 * waited for has ended; `block`: a parent that had ended runs again.
 */
export type Command =
  'release' | 'block' | 'promote' | 'claim' | 'settle' | 'cancel' | 'requeue' | 'prune';

/** Where a command leads from a state; a state that is not named refuses the command. */
type Transitions = Readonly<
  Record<Command, Partial<Record<JobStatus, readonly (JobStatus | 'removed')[]>>>
>;

export const transitions: Transitions = {
  release: { blocked: ['scheduled', 'pending'] },
  block: { scheduled: ['blocked'], pending: ['blocked'] },
  promote: { scheduled: ['pending'] },
  claim: { pending: ['running'] },
  settle: { running: ['completed', 'failed', 'timeout', 'scheduled', 'pending', 'blocked'] },
  cancel: {
    blocked: ['cancelled'],
    scheduled: ['cancelled'],
    pending: ['cancelled'],
    running: ['cancelled'],
  },
  requeue: {
    failed: ['pending', 'blocked'],
    timeout: ['pending', 'blocked'],
    cancelled: ['pending', 'blocked'],
  },
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

/** What happens to a job when one of its parents ends badly: it ends as well, it waits on, or it runs all the same. */
export const onParentFailure = ['cancel', 'wait', 'run'] as const;
export type OnParentFailure = (typeof onParentFailure)[number];
