/** The user's own modules, imported. */
import { pathToFileURL } from 'node:url';
import { Failure } from './failure.ts';

type Module = Readonly<Record<string, unknown>>;

function couldNotLoad(shown: string, cause: unknown): Failure {
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new Failure(`${shown} could not be loaded: ${reason}`, {
    code: 'module_failed',
    hint: 'Correct the module, or the path; `--verbose` shows where the error comes from.',
    cause,
  });
}

/** Imports the file; what it throws is said with the name that the user knows it by. */
export async function importFile(path: string, shown: string): Promise<Module> {
  try {
    return (await import(pathToFileURL(path).href)) as Module;
  } catch (error) {
    throw couldNotLoad(shown, error);
  }
}
