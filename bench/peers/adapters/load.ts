/** A package that is installed for the peers only. Its name is no literal, so that nobody looks for it elsewhere. */
export function load(name: string): Promise<unknown> {
  return import(name);
}
