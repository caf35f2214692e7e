// A second gigq in the same process, as when two packages bring one each.
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Scope } from './store-seam.ts';

const root = join(import.meta.dirname, '../..');

/** A module of the copy, such as `core/errors.js`. Each call makes another copy, which is removed with its test. */
export async function fromOtherCopy<Module>(scope: Scope, module: string): Promise<Module> {
  const copy = mkdtempSync(join(tmpdir(), 'gigq-copy-'));
  scope.after(() => rmSync(copy, { recursive: true }));
  cpSync(join(root, 'package.json'), join(copy, 'package.json'));
  cpSync(join(root, 'dist'), join(copy, 'dist'), {
    recursive: true,
    filter: (path) => !/\.(?:d\.ts|map|tsbuildinfo)$/u.test(path),
  });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return (await import(pathToFileURL(join(copy, 'dist', module)).href)) as Module;
}
