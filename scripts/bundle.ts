// Writes the JavaScript of dist/: the code of a room in one file, because Node takes longer to find and to link two hundred
// small modules than to run them. Each module keeps a file at its own path, which is the door to its part of the room.
import { globSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { type OutputAsset, type OutputChunk, rolldown } from 'rolldown';
import { writeIfChanged } from './write-if-changed.ts';

interface Manifest {
  readonly imports: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '..');
const source = join(root, 'src');

/** Returns the paths of what dist/ consists of now, as far as it is JavaScript. */
export async function bundle(): Promise<ReadonlySet<string>> {
  const build = await rolldown({
    input: modules(),
    platform: 'node',
    external: (id) => !id.startsWith('.') && !isAbsolute(id),
    preserveEntrySignatures: 'allow-extension',
    treeshake: false,
    // Commands that share a room with what they load when they need it have it all the same.
    checks: { ineffectiveDynamicImport: false },
  });
  const { output } = await build.generate({
    sourcemap: true,
    chunkFileNames: 'rooms/[name].js',
    codeSplitting: {
      groups: [{ name: roomOf, debugName: 'rooms' }],
      includeDependenciesRecursively: false,
    },
  });
  await build.close();
  for (const file of output) write(file);
  return new Set(output.map(({ fileName }) => fileName.split('/').join(sep)));
}

function modules(): Record<string, string> {
  const files = globSync('**/*.ts', { cwd: source });
  return Object.fromEntries(files.map((file) => [withoutExtension(file), join(source, file)]));
}

function withoutExtension(path: string): string {
  return path
    .replace(/\.\w+$/u, '')
    .split(sep)
    .join('/');
}

// What a process or a thread is started with runs when it is loaded: it stays out of the rooms.
const { imports, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
const started = [...Object.values(imports), ...Object.values(bin)].map((path) =>
  withoutExtension(path).replace(/^(?:\.\/)?dist\//u, ''),
);
// It is above the concrete stores, which are above the rest of its folder.
const alone = new Set([...started, 'store/open']);

function roomOf(file: string): string | null {
  const module = withoutExtension(relative(source, file));
  if (alone.has(module)) return null;
  return /^(?:store\/(?:sqlite|postgres)|\w+)(?=\/)/u.exec(module)?.[0].replace('/', '-') ?? null;
}

function write(file: OutputAsset | OutputChunk): void {
  const path = join(root, 'dist', file.fileName);
  mkdirSync(dirname(path), { recursive: true });
  writeIfChanged(path, file.type === 'chunk' ? file.code : String(file.source));
}
