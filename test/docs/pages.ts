// Reads the code out of the pages and out of the doc comments, so that it can be tried.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** A piece of code that somebody might copy. */
export interface Block {
  /** Where it is: 'README.md:12'. */
  readonly place: string;
  readonly page: string;
  readonly language: string;
  /** What is said behind the language: 'run'. */
  readonly words: readonly string[];
  readonly text: string;
}

export const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root })
  .map((page) => page.replaceAll('\\', '/'))
  .toSorted();

export function textOf(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

const fence = /^```(?<info>[^\n]*)\n(?<text>.*?)^```$/gmsu;

export function blocksOf(page: string): Block[] {
  const source = textOf(page);
  return source
    .matchAll(fence)
    .toArray()
    .map(({ index, groups }) => {
      const [language = '', ...words] = (groups?.['info'] ?? '').split(/\s+/u);
      return {
        place: placeOf(page, source, index),
        page,
        language,
        words,
        text: groups?.['text'] ?? '',
      };
    });
}

function placeOf(file: string, source: string, index: number): string {
  return `${file}:${source.slice(0, index).split('\n').length}`;
}

const comment = /\/\*\*.*?\*\//gsu;
const example = /@example\b[^\n]*\n(?<text>.*?)(?=^\s*\*\s@|\*\/)/gmsu;

/** The @example of every doc comment in src/. */
export function examplesInComments(): Block[] {
  return globSync('src/**/*.ts', { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .toSorted()
    .flatMap((file) => {
      const source = textOf(file);
      return source
        .matchAll(comment)
        .toArray()
        .flatMap(({ 0: body, index }) =>
          examplesIn(body).map((text) => ({
            place: placeOf(file, source, index),
            page: file,
            language: 'ts',
            words: [],
            text,
          })),
        );
    });
}

function examplesIn(body: string): string[] {
  return body
    .matchAll(example)
    .toArray()
    .map(({ groups }) => (groups?.['text'] ?? '').replaceAll(/^ *\* ?/gmu, '').trimEnd());
}
