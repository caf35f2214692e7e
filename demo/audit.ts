/** The audit of one package. Plain code that knows nothing of jobs: the task in tasks.ts makes a job of it. */
import { createHash } from 'node:crypto';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findLicence, type Licence, type Manifest, oneLine } from './licence.ts';

export interface Audit extends Licence {
  readonly name: string;
  readonly version: string;
  readonly files: number;
  readonly bytes: number;
  /** Of the paths and contents of all files, in the order of their paths. */
  readonly sha256: string;
}

/** @throws if the manifest cannot be read or is no JSON, and when the signal aborts */
export async function auditFolder(folder: string, signal: AbortSignal): Promise<Audit> {
  const manifest = await readManifest(folder);
  const files = (await filesBelow(folder, '')).toSorted();
  const { bytes, sha256 } = await hashFiles(folder, files, signal);
  return {
    name: textOr(manifest['name'], '-'),
    version: textOr(manifest['version'], '-'),
    ...(await findLicence(folder, manifest, files)),
    files: files.length,
    bytes,
    sha256,
  };
}

async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, 'package.json'), 'utf8');
  const manifest = parseManifest(text);
  if (typeof manifest === 'object' && manifest !== null) return manifest as Manifest;
  throw new Error('package.json holds no object');
}

function parseManifest(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error('package.json is not JSON', { cause });
  }
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? oneLine(value) : otherwise;
}

/** The regular files of a package, without those of the packages installed for it. */
async function filesBelow(folder: string, prefix: string): Promise<string[]> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true });
  const lists = entries.map(async (entry) => {
    const path = `${prefix}${entry.name}`;
    if (entry.isFile()) return [path];
    return entry.isDirectory() && !isOutside(path) ? filesBelow(folder, `${path}/`) : [];
  });
  return (await Promise.all(lists)).flat();
}

function isOutside(path: string): boolean {
  return path === 'node_modules' || path === '.git';
}

async function hashFiles(
  folder: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(bufferBytes);
  let bytes = 0;
  for (const file of files) {
    const content = createHash('sha256');
    for await (const chunk of chunksOf(join(folder, file), buffer)) {
      signal.throwIfAborted();
      content.update(chunk);
      bytes += chunk.length;
    }
    // A digest has a fixed length, so where a path ends is never in doubt.
    hash.update(file).update('\0').update(content.digest());
  }
  return { bytes, sha256: hash.digest('hex') };
}

// A stream for each of thousands of small files takes twice as long.
const bufferBytes = 2 ** 20;

async function* chunksOf(file: string, buffer: Buffer): AsyncGenerator<Buffer> {
  const handle = await open(file);
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
