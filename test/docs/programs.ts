// Makes programs of the pieces of code in the docs, by the rules that their readers follow without knowing:
// a piece with imports stands alone, one without goes on where the one before it ended, and one whose first line is
// `// tasks.ts` is that file. What is marked `ts run` runs by itself and ends; a `console` block is a transcript, whose
// commands find these files. The example of a doc comment takes the names of the package, and a few more, as given.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { type Block, root } from './pages.ts';

export interface Program {
  readonly block: Block;
  /** Where to put it in the reader's project. */
  readonly path: string;
  readonly text: string;
}

const hasImports = /^import\b/mu;
const fileName = /^\/\/ (?<name>[\w-]+\.ts)\n/u;

/** The programs in one page, in its order. */
export function programsIn(blocks: readonly Block[]): Program[] {
  let before = '';
  return blocks
    .filter(({ language }) => language === 'ts')
    .map((block) => {
      before = hasImports.test(block.text) ? block.text : `${before}\n${block.text}`;
      const name = fileName.exec(block.text)?.groups?.['name'] ?? `${nameOf(block.place)}.ts`;
      return { block, path: `${folderOf(block.page)}/${name}`, text: before };
    });
}

/** The folder of the reader's project that belongs to a page. */
export function folderOf(page: string): string {
  return nameOf(page);
}

function nameOf(place: string): string {
  return place.replaceAll(/[^\w-]+/gu, '-');
}

export function programOfExample(block: Block): Program {
  const path = `examples/${nameOf(block.place)}.ts`;
  return { block, path, text: hasImports.test(block.text) ? block.text : withPrelude(block.text) };
}

const given: Readonly<Record<string, string>> = {
  queue: 'declare const queue: JobQueue;',
  worker: 'declare const worker: Worker;',
  greet: 'declare const greet: Task<{ name: string }, { name: string }, string>;',
  sendEmail: 'declare const sendEmail: Task<{ to: string }, { to: string }, void>;',
  database: "declare const database: import('node:sqlite').DatabaseSync;",
  id: 'declare const id: string;',
  urls: 'declare const urls: readonly string[];',
  response: 'declare const response: Response;',
  fetchPage: 'declare const fetchPage: Task<{ url: string }, { url: string }, string>;',
  index: 'declare const index: Task<{ text: string }, { text: string }, void>;',
  report: 'declare const report: Task<{ pages: string[] }, { pages: string[] }, string>;',
  workflow: 'declare const workflow: Workflow;',
  fetched: 'declare const fetched: WorkflowNode<string>;',
  reported: 'declare const reported: WorkflowNode<string>;',
};

const exported = [
  ...readFileSync(join(root, 'src/index.ts'), 'utf8').matchAll(/(?<name>\w+)(?=\s*[,}])/gu),
].map(({ groups }) => groups?.['name'] ?? '');

function withPrelude(text: string): string {
  const declarations = Object.entries(given)
    .filter(([name]) => isFree(name, text))
    .map(([, declaration]) => declaration);
  const rest = [...declarations, text].join('\n');
  const imports = exported.filter((name) => isFree(name, rest));
  return `import { ${imports.join(', ')} } from 'gigq';\n${rest}`;
}

function isFree(name: string, text: string): boolean {
  const isDeclared = new RegExp(
    `^(?:export )?(?:await )?(?:const|let|using|class|function) (?:${name}\\b|\\{[^}]*\\b${name}\\b[^}]*\\})`,
    'mu',
  );
  return new RegExp(`\\b${name}\\b`, 'u').test(text) && !isDeclared.test(text);
}

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  lib: ['lib.es2024.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
};

/** What the compiler has to say about the files, all in one go. */
export function compile(folder: string, paths: readonly string[]): Map<string, string[]> {
  const files = paths.map((path) => join(folder, path));
  const host = ts.createCompilerHost(options);
  const program = ts.createProgram(files, options, { ...host, getCurrentDirectory: () => folder });
  const found = new Map<string, string[]>();
  for (const { file, messageText } of ts.getPreEmitDiagnostics(program)) {
    const index = files.findIndex((name) => name === file?.fileName);
    const path = paths[index] ?? file?.fileName ?? '';
    const text = ts.flattenDiagnosticMessageText(messageText, '\n');
    found.set(path, [...(found.get(path) ?? []), text]);
  }
  return found;
}
