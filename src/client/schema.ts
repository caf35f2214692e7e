/** Checking params by the user's own schema. */
import { GigqError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { pathOf } from '../core/path.ts';
import { truncateUtf8 } from '../core/utf8.ts';
import { type Check, refusal } from './options.ts';

/** Any schema that speaks Standard Schema v1: zod, valibot, arktype and others. */
export interface Schema<In = unknown, Out = In> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    validate(value: unknown): unknown;
    readonly types?: { readonly input: In; readonly output: Out } | undefined;
  };
}

/** What a schema answers: the output, or what is wrong. */
interface Verdict<Out> {
  readonly value: Out;
  readonly issues?: readonly Issue[] | undefined;
}

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Checks the option itself: that it is a schema. */
export const schemaOption: Check = (value, name) => {
  const standard = (value as Partial<Schema> | null | undefined)?.['~standard'];
  if (standard?.version === 1 && typeof standard.validate === 'function') return;
  throw refusal(name, 'a schema that speaks Standard Schema v1', value);
};

/**
 * What the schema makes of the value; a promise only if the schema answers with one.
 * @throws {GigqError} `params_invalid`, naming every path at which something is wrong, from `name` on.
 */
export function validateParams<Out>(
  schema: Schema<unknown, Out>,
  value: unknown,
  name = 'params',
): Out | Promise<Out> {
  const verdict = schema['~standard'].validate(value) as Verdict<Out> | PromiseLike<Verdict<Out>>;
  return isThenable(verdict)
    ? Promise.resolve(verdict).then((answer) => outputOf(answer, name))
    : outputOf(verdict, name);
}

export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | null | undefined)?.then === 'function';
}

function outputOf<Out>(verdict: Verdict<Out>, name: string): Out {
  if (verdict.issues === undefined) return verdict.value;
  throw new GigqError('params_invalid', describe(verdict.issues, name));
}

const issuesShown = 10;

function describe(issues: readonly Issue[], name: string): string {
  const shown = issues
    .slice(0, issuesShown)
    .map(({ path = [], message }) => `${name}${pathOf(keysOf(path))}: ${message}`);
  const rest = issues.length - shown.length;
  const all = rest > 0 ? [...shown, `and ${rest} more`] : shown;
  return truncateUtf8(all.join('; '), limits.errorBytes);
}

function keysOf(path: NonNullable<Issue['path']>): readonly PropertyKey[] {
  return path.map((step) => (typeof step === 'object' ? step.key : step));
}
