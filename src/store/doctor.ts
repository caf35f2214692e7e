/** What a doctor has to say of a database: the same for every dialect. */
import type { ErrorCode } from '../core/errors.ts';
import type { NewWorker } from '../core/worker.ts';

/** What is the matter: an error that using the database would meet, or one of the doctor's own. */
export type FindingCode =
  | Extract<ErrorCode, `database_${string}` | `schema_${string}` | `sqlite_${string}`>
  | 'driver_missing'
  | 'network_file_system'
  | 'schema_older'
  | 'readable_by_others'
  | 'wal_large'
  | 'lock_held'
  | 'server_untested'
  | 'commits_unsafe'
  | 'server_unsafe'
  | 'autovacuum_off'
  | 'clock_differs'
  | 'pooled'
  | 'connections_scarce'
  | 'transaction_old'
  | 'grants_missing'
  | 'table_bloated'
  | 'index_missing'
  | 'index_invalid'
  | 'counts_wrong'
  | 'waiting_wrong'
  | 'lease_missing'
  | 'due_missing'
  | 'end_missing'
  | 'status_unknown'
  | 'json_invalid'
  | 'reference_broken'
  | 'worker_dead'
  | 'worker_silent'
  | 'no_worker'
  | 'suspects'
  | 'crash_budget';

/** One thing that the doctor has found. */
export interface Finding {
  readonly code: FindingCode;
  /** A problem keeps jobs from running or being trusted; advice is worth knowing, and may be as it should be. */
  readonly severity: 'problem' | 'advice';
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
  /** Whether `fix` repairs it. */
  readonly fixable: boolean;
  /** Whether it was repaired. */
  readonly fixed: boolean;
}

export interface Diagnosis {
  /** What was looked at, in this order; it ends early if the database cannot be read. */
  readonly checked: readonly string[];
  readonly findings: readonly Finding[];
}

/** What is asked of a look at a database. */
export interface Examination {
  /** Whether a worker's process has ended for certain. */
  readonly isGone: (worker: NewWorker) => boolean;
  /** Whether the whole file is read, to see that it is sound. */
  readonly thorough: boolean;
}

type Details = Pick<Finding, 'hint'> & Partial<Pick<Finding, 'fixable'>>;

export function problem(code: FindingCode, message: string, details: Details): Finding {
  return { code, severity: 'problem', message, fixable: false, fixed: false, ...details };
}

export function advice(code: FindingCode, message: string, details: Details): Finding {
  return { ...problem(code, message, details), severity: 'advice' };
}

const shown = 5;

/** The first few, and how many there are. */
export function some(ids: readonly string[]): string {
  const first = ids.slice(0, shown).join(', ');
  return ids.length > shown ? `${first} and ${ids.length - shown} more` : first;
}
