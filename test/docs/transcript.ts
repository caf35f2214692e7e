// A transcript in a page: commands behind `$ `, each followed by what it prints on stdout.
import assert from 'node:assert/strict';
import type { Block } from './pages.ts';
import type { ReaderProject } from './reader-project.ts';

interface Step {
  readonly command: string;
  readonly output: string;
}

const uuid = /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/gu;
const time = /\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b/gu;
const instant = /\b\d{4}-\d\d-\d\dT[\d:.]+Z \([^)]+ ago\)/gu;
const processId = /\bprocess \d+\b/gu;

function stepsOf({ text }: Block): Step[] {
  return text
    .split(/^\$ /mu)
    .slice(1)
    .map((step) => {
      const end = step.indexOf('\n');
      return { command: step.slice(0, end), output: step.slice(end + 1) };
    });
}

/** Runs the commands one after another; ids, times and numbers of processes may differ from those of the page, the rest may not. */
export async function assertTranscript(
  block: Block,
  project: ReaderProject,
  folder: string,
): Promise<void> {
  const actualIds = new Map<string, string>();
  for (const { command, output } of stepsOf(block)) {
    const asked = command.replaceAll(uuid, (id) => actualIds.get(id) ?? id);
    const { code, stdout, stderr } = await project.shell(asked, folder);
    assert.equal(code, 0, `${asked}\n${stderr}`);
    const ids = stdout.match(uuid) ?? [];
    for (const [index, id] of (output.match(uuid) ?? []).entries()) {
      actualIds.set(id, actualIds.get(id) ?? ids[index] ?? id);
    }
    const expected = output.replaceAll(uuid, (id) => actualIds.get(id) ?? id);
    assert.equal(withoutWhatDiffers(stdout), withoutWhatDiffers(expected), asked);
  }
}

function withoutWhatDiffers(text: string): string {
  return text
    .replaceAll(time, 'YYYY-MM-DD hh:mm:ss')
    .replaceAll(instant, 'YYYY-MM-DDThh:mm:ssZ (1s ago)')
    .replaceAll(processId, 'process 1');
}
