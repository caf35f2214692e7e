// Fan-out and fan-in: a job for each file, and one that takes the results of all. `node examples/fan-out.ts`
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { JobQueue, task, Worker, Workflow } from 'gigq';

const countWords = task('count-words', async ({ path }: { path: string }) => {
  const text = await readFile(path, 'utf8');
  return { file: basename(path), words: text.trim().split(/\s+/u).length };
});

interface Count {
  file: string;
  words: number;
}

// It gets plain values and knows of no workflow: a test may call it as `report({ counts: [...] })`.
const report = task('report', ({ counts }: { counts: Count[] }) => {
  const total = counts.reduce((sum, { words }) => sum + words, 0);
  return [...counts, { file: 'all', words: total }]
    .map(({ file, words }) => `${file.padEnd(12)} ${String(words).padStart(2)} words`)
    .join('\n');
});

const folder = mkdtempSync(join(tmpdir(), 'gigq-example-'));
const texts = {
  'hamlet.txt': 'To be, or not to be, that is the question',
  'moby-dick.txt': 'Call me Ishmael',
  'ulysses.txt': 'Stately, plump Buck Mulligan came from the stairhead',
};

const workflow = new Workflow('Count words');
const counts = Object.entries(texts).map(([name, text]) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return workflow.addTask(countWords, { path });
});
// `.result` stands for a result that is not there yet: the report waits for all of them.
const reported = workflow.addTask(report, { counts: counts.map((count) => count.result) });

const queue = new JobQueue(join(folder, 'jobs.db'));
const handle = await workflow.submitAll(queue);
await new Worker(queue, { concurrency: 4 }).drain();
console.log(await handle.result(reported));

await queue.close();
rmSync(folder, { recursive: true });
