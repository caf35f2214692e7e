/** What PostgreSQL and its driver report, in the terms of gigq. The one place that knows their codes. */
import { GigqError, isGigqError } from '../../core/errors.ts';
import type { Address } from './address.ts';
import { hintForDenied } from './grants.ts';

type Place = Pick<Address, 'shown' | 'schema'>;

/**
 * What will pass: nothing of the transaction stands, or, if it was on its way to be committed, it can be run again without
 * harm. `locked`: others stood in its way. `unreachable`: there is no connection.
 */
export class Passing extends Error {
  readonly kind: 'locked' | 'unreachable';

  constructor(kind: Passing['kind'], cause: unknown) {
    super(kind, { cause });
    this.kind = kind;
  }

  /** Whether somebody held a lock for longer than it was waited for. */
  get isLockWait(): boolean {
    return codeOf(this.cause) === '55P03';
  }
}

/** A transaction that was sent in one piece has to be carried out step by step. Nothing of it stands, unless it is found then. */
export class NotAsHoped extends Error {
  constructor(cause: unknown) {
    super('not as hoped', { cause });
  }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const locked: ReadonlySet<string> = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available: lock_timeout
  '57014', // query_canceled: statement_timeout, or somebody
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
]);

const unreachable = /^(?:08|57P0[1-5]|53300)/u;

/** A pooler lets each transaction have another connection, which does not know what was prepared on the last one. */
const notPrepared: ReadonlySet<string> = new Set(['26000', '42P05']);

export function isNotPrepared(error: unknown): boolean {
  return notPrepared.has(codeOf(error));
}

/** read_only_sql_transaction */
export function isReadOnly(error: unknown): boolean {
  return codeOf(error) === '25006';
}

export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** Whether a grant is missing. */
export function isDenied(error: unknown): boolean {
  return codeOf(error) === '42501';
}

/** What refuse-newer.sql comes to: division_by_zero. */
export function isNewer(error: unknown): boolean {
  return codeOf(error) === '22012';
}

/** Whether the server said it, and not what lies between it and us. */
function isOfServer(error: unknown): boolean {
  return error instanceof Error && 'severity' in error;
}

/** Errors of the server become errors of gigq, or Passing; what it refuses of a statement's values stays as it is. */
export function translate(error: unknown, address: Place): unknown {
  if (isGigqError(error) || error instanceof Passing) return error;
  if (!isOfServer(error)) return new Passing('unreachable', error);
  const code = codeOf(error);
  if (locked.has(code)) return new Passing('locked', error);
  if (unreachable.test(code)) return new Passing('unreachable', error);
  return lasting(code, address, error) ?? error;
}

function lasting(code: string, address: Place, cause: unknown): GigqError | undefined {
  const { shown: database, schema } = address;
  const said = cause instanceof Error ? cause.message : String(cause);
  if (isReadOnly(cause))
    return new GigqError('database_readonly', `${database} cannot be written to: ${said}`, {
      cause,
      hint: readOnlyHint,
    });
  if (code.startsWith('53'))
    return new GigqError('database_full', `${database} has no room left: ${said}`, { cause });
  if (/^(?:28|42501|3D000)/u.test(code))
    return new GigqError('database_refused', `${database} refuses us: ${said}`, {
      cause,
      ...(isDenied(cause) && { hint: hintForDenied(said, schema) }),
    });
  if (/^(?:3F000|42P01|42703|42883)/u.test(code))
    return new GigqError(
      'database_invalid',
      `${database} does not hold what gigq has made there: ${said}`,
      { cause, hint: invalidHint },
    );
  if (/^(?:42P07|42710|42723)/u.test(code))
    return new GigqError(
      'database_invalid',
      `${database} holds what gigq has not made, by a name that gigq needs: ${said}`,
      { cause, hint: occupiedHint },
    );
  return undefined;
}

const readOnlyHint =
  'It is a standby, or set to be read only: name the primary server, for all of them as host=a,b&target_session_attrs=read-write is not followed by the driver.';
const occupiedHint =
  'Give gigq a schema of its own: the option schema, or ?schema= in the address.';
const invalidHint = 'Check the address and the schema. To make what is missing: gigq migrate.';

/** What to tell a call that could not wait any longer. */
export function tooLate(database: string, trouble: Passing | undefined): GigqError {
  if (trouble?.kind === 'unreachable') return unreachableError(database, trouble.cause);
  const message = `${database} was locked by others all the while`;
  return new GigqError('database_busy', message, { cause: trouble?.cause, hint: busyHint });
}

/** What to tell whoever had no connection, so that nothing can have come of it. */
export function notOpened(database: string, cause?: unknown): GigqError {
  const message = `${database} could not be reached${reasonIn(cause)}`;
  const hint = 'See that the server runs and can be reached from here.';
  return new GigqError('database_unreachable', message, { cause, hint });
}

/** What to tell whoever looks, or begins what can be begun again: there is nothing of which it would not be known. */
export function notBegun(database: string, trouble: Passing): GigqError {
  const isAway = trouble.kind === 'unreachable';
  return isAway ? notOpened(database, trouble.cause) : tooLate(database, trouble);
}

const busyHint =
  'Another session holds locks on the tables of gigq: find it in pg_stat_activity and end its transaction, then try again.';

function unreachableError(database: string, cause: unknown): GigqError {
  const message = `${database} could not be reached all the while${reasonIn(cause)}`;
  return new GigqError('database_unreachable', message, { cause });
}

function reasonIn(cause: unknown): string {
  return cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : '';
}
