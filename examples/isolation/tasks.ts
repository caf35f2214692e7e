import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { task } from 'gigq';

const run = promisify(execFile);

// Computes without a pause: on the event loop it would hold up everything else.
export const longestChain = task(
  'longest-chain',
  { isolation: 'thread', timeout: '30s' },
  ({ below }: { below: number }) => {
    let best = { start: 1, steps: 0 };
    for (let start = 1; start < below; start++) {
      const steps = stepsToOne(start);
      if (steps > best.steps) best = { start, steps };
    }
    return best;
  },
);

function stepsToOne(start: number): number {
  let steps = 0;
  for (let n = start; n !== 1; n = n % 2 === 0 ? n / 2 : 3 * n + 1) steps++;
  return steps;
}

// Runs a program. Whatever that starts, and whether it listens or not, the end of the job is the end of it all.
export const runProgram = task(
  'run-program',
  { isolation: 'process', memoryLimitMb: 256, timeout: '3s', maxAttempts: 1 },
  async ({ command }: { command: string }) => {
    const { stdout } = await run('sh', ['-c', command]);
    return stdout.trim();
  },
);

// Takes its process with it, and nothing else.
export const crash = task('crash', { isolation: 'process' }, () => {
  process.kill(process.pid, 'SIGSEGV'); // stands for a bug in native code
});
