import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type Block, blocksOf, examplesInComments, pages, root, textOf } from './pages.ts';
import { compile, folderOf, programOfExample, programsIn } from './programs.ts';
import { ReaderProject } from './reader-project.ts';
import { assertTranscript } from './transcript.ts';

const project = new ReaderProject();
after(() => project.remove());

const blocks = new Map(pages.map((page) => [page, blocksOf(page)]));
const programs = pages.flatMap((page) => programsIn(blocks.get(page) ?? []));
const examples = examplesInComments().map(programOfExample);
for (const { path, text } of [...programs, ...examples]) project.write(path, text);

describe('the code in the docs', () => {
  const all = [...programs, ...examples];
  const complaints = compile(
    project.folder,
    all.map(({ path }) => path),
  );
  const files = new Set(all.map(({ block }) => block.page));

  for (const file of files) {
    test(`compiles in ${file}`, () => {
      const bad = all
        .filter(({ block, path }) => block.page === file && complaints.has(path))
        .map(({ block, path }) => `${block.place}: ${complaints.get(path)?.join('; ')}`);
      assert.deepEqual(bad, []);
    });
  }

  test('is found where there is some', () => {
    assert.ok(programs.length > 0);
    assert.ok(examples.length > 0);
  });
});

describe('what the docs say that it runs', () => {
  for (const { block, path } of programs.filter(({ block: { words } }) => words.includes('run'))) {
    test(`runs: ${block.place}`, async () => {
      const { code, stdout, stderr } = await project.run(join(project.folder, path));
      assert.equal(code, 0, stderr);
      // What a comment behind console.log says that it prints.
      for (const [, comment] of block.text.matchAll(/console\.log\(.*\/\/ (.*)$/gmu)) {
        assert.ok(stdout.includes(`${comment}\n`), `${comment} was not printed`);
      }
      // And what the diagram behind it is drawn from.
      assert.ok(stdout.includes(diagramBehind(block)), 'the diagram was not printed');
    });
  }

  for (const page of pages) {
    for (const block of (blocks.get(page) ?? []).filter(({ language }) => language === 'console')) {
      test(`prints what it shows: ${block.place}`, async () => {
        const folder = `${folderOf(page)}-transcript`;
        for (const { path, text } of programs.filter((each) => each.block.page === page)) {
          project.write(path.replace(folderOf(page), folder), text);
        }
        await assertTranscript(block, project, folder);
      });
    }
  }
});

function diagramBehind(block: Block): string {
  const others = blocks.get(block.page) ?? [];
  const next = others[others.indexOf(block) + 1];
  return next?.language === 'mermaid' ? next.text : '';
}

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** Whether the first words of a command name something that exists. */
function exists(command: string): boolean {
  const [program, first = '', second = ''] = command.trim().split(/\s+/u);
  if (program === 'npm' && first === 'run') return second in scripts;
  if (program === 'npm') return ['ci', 'i', 'test'].includes(first);
  return (program === 'node' || program === 'bash') && existsSync(join(root, first));
}

describe('the pages', () => {
  test('name commands that exist', () => {
    const commands = pages
      .flatMap((page) => blocks.get(page) ?? [])
      .filter(({ language }) => language === 'sh')
      .flatMap(({ place, text }) => text.split(/\n|&&/u).map((command) => ({ place, command })))
      .filter(({ command }) => command.trim() !== '' && !exists(command));
    assert.deepEqual(commands, []);
  });

  test('link to files that exist', () => {
    const dead = pages.flatMap((page) =>
      linksIn(page)
        .filter((target) => !existsSync(join(root, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    assert.deepEqual(dead, []);
  });
});

function linksIn(page: string): string[] {
  return textOf(page)
    .matchAll(/\]\((?!https?:|#)(?<target>[^)#\s]+)/gu)
    .toArray()
    .map(({ groups }) => groups?.['target'] ?? '');
}
