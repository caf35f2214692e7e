/** Finds what there is to audit, in the same order each time. */
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The folders of the packages installed in `root`, relative to it, with `/` between their parts. */
export function findPackages(root: string): string[] {
  if (existsSync(join(root, 'node_modules'))) return packagesBelow(root, 'node_modules', new Set());
  return isPackage(root) ? ['.'] : packagesBelow(root, '', new Set());
}

// The set holds real paths: a linked package is audited once, and a link that leads upwards ends.
function packagesBelow(root: string, folder: string, seen: Set<string>): string[] {
  return subfolders(join(root, folder)).flatMap((name) => {
    const path = folder === '' ? name : `${folder}/${name}`;
    const real = realpathSync(join(root, path));
    if (seen.has(real)) return [];
    seen.add(real);
    if (!isPackage(real)) return packagesBelow(root, path, seen);
    // Packages inside a package are a part of it, but for what is installed for it.
    return [path, ...packagesBelow(root, `${path}/node_modules`, seen)];
  });
}

function isPackage(folder: string): boolean {
  return existsSync(join(folder, 'package.json'));
}

function subfolders(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && isFolder(join(folder, name)))
    .toSorted();
}

// A link that leads nowhere is no folder.
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
