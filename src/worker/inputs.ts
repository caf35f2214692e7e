/** What a job's parents came to, put where its handler expects it: into the params, and into `parentResults`. */
import { GigqError } from '../core/errors.ts';
import type { ClaimedJob, Inputs, JobError, ParentEnding, Reference } from '../core/job.ts';
import { limits } from '../core/limits.ts';
import { utf8Length } from '../core/utf8.ts';
import { isOfParent } from '../core/workflow.ts';

/** What a handler is called with, apart from its context. */
export interface Given {
  readonly params: unknown;
  readonly parentResults: Readonly<Record<string, unknown>>;
}

const noResults: Given['parentResults'] = Object.freeze({});

/** @throws what the params are damaged by */
export function withoutInputs({ params }: ClaimedJob): Given {
  return { params: JSON.parse(params) as unknown, parentResults: noResults };
}

/** @throws {GigqError} `too_large` if params and results are over 16 MiB together */
export function withInputs({ params }: ClaimedJob, { parents, passResults }: Inputs): Given {
  refuseTooLarge(params, parents, passResults);
  const root = { params: JSON.parse(params) as unknown };
  for (const parent of parents) {
    // Parsed for each, so that a handler that changes one value changes no other.
    for (const reference of parent.references) place(root, reference, valueOf(parent, reference));
  }
  return { params: root.params, parentResults: passResults ? resultsOf(parents) : noResults };
}

function refuseTooLarge(
  params: string,
  parents: readonly ParentEnding[],
  passResults: boolean,
): void {
  let bytes = utf8Length(params);
  for (const { references, result, error } of parents) {
    const copies = references.length + Number(passResults);
    const errorBytes = error === null ? 0 : utf8Length(JSON.stringify(error));
    bytes += utf8Length(result ?? '') * copies + errorBytes * references.length;
  }
  if (bytes > limits.resolvedParamsBytes) throw tooLarge();
}

export function tooLarge(): GigqError {
  const mebibytes = limits.resolvedParamsBytes / 1_048_576;
  return new GigqError(
    'too_large',
    `The params of the job and the results of its parents are over ${mebibytes} MiB together`,
    { hint: 'Let the parents return paths or ids instead of the data, or take fewer results.' },
  );
}

function valueOf(parent: ParentEnding, { kind }: Reference): unknown {
  const { status, result } = parent;
  const value: unknown = JSON.parse(result ?? 'null');
  if (kind === 'result') return value;
  return status === 'completed' ? { status, result: value } : { status, error: errorOf(parent) };
}

/** Of one that was cancelled by hand: not what went wrong in an attempt before. */
function errorOf({ id, status, error }: ParentEnding): JobError {
  const isOwn = status !== 'cancelled' || isOfParent(error);
  if (isOwn && error !== null) return error;
  return { name: 'JobCancelledError', message: `Job ${id} was cancelled` };
}

/** Sets what is at the path, from `params` on; every step of it was there when the job was submitted. */
function place(root: { params: unknown }, { path }: Reference, value: unknown): void {
  const steps = ['params', ...path];
  const last = steps.pop() ?? '';
  let at: object = root;
  for (const step of steps) at = Reflect.get(at, step) as object;
  Reflect.set(at, last, value);
}

function resultsOf(parents: readonly ParentEnding[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    parents.map(({ id, result }) => [id, JSON.parse(result ?? 'null') as unknown]),
  );
}
