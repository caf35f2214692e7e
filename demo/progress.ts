/** Shows how far the jobs are: a bar on a terminal, now and then a line elsewhere. All of it goes to stderr. */
import { setInterval } from 'node:timers/promises';
import { styleText } from 'node:util';
import type { JobQueue } from 'gigq';

type Stats = Awaited<ReturnType<JobQueue['stats']>>;

interface Display {
  show(stats: Stats): void;
  end(): void;
}

const refreshMs = 100;

/** Resolves when the signal aborts. */
export async function showProgress(queue: JobQueue, signal: AbortSignal): Promise<void> {
  const display = process.stderr.isTTY ? bar(process.stderr) : lines();
  try {
    for await (const _ of setInterval(refreshMs, undefined, { signal })) {
      display.show(await queue.stats());
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    display.end();
  }
}

/** How many packages there are, and how many are done. The last job, which waits for all of them, is the report. */
export function audited(stats: Stats): { readonly done: number; readonly packages: number } {
  const packages = Math.max(0, stats.total - 1);
  const { completed, failed, timeout, cancelled } = stats;
  return { packages, done: Math.min(packages, completed + failed + timeout + cancelled) };
}

function percent(stats: Stats): number {
  const { done, packages } = audited(stats);
  return Math.floor((100 * done) / Math.max(1, packages));
}

function waiting({ running, scheduled }: Stats): string {
  const parts = [
    running > 0 ? `${running} running` : '',
    scheduled > 0 ? `${scheduled} to be tried again` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

// ── on a terminal ───────────────────────────────────────────────────────────────────────────────

const barWidth = 30;
const clearLine = '\r\u001b[K';

// The cursor stays visible: then nothing has to be put right, however this process ends.
function bar(stream: NodeJS.WriteStream): Display {
  return {
    show: (stats) => stream.write(clearLine + barLine(stats, stream)),
    end: () => stream.write(clearLine),
  };
}

function barLine(stats: Stats, stream: NodeJS.WriteStream): string {
  const filled = Math.floor((barWidth * percent(stats)) / 100);
  const begun = styleText('cyan', '━'.repeat(filled), { stream });
  const left = styleText('dim', '─'.repeat(barWidth - filled), { stream });
  const { done, packages } = audited(stats);
  const text = ` ${done}/${packages}  ${percent(stats)} %  ${waiting(stats)}`;
  const room = stream.columns - barWidth - 1;
  return begun + left + text.slice(0, Math.max(0, room)).trimEnd();
}

// ── elsewhere ───────────────────────────────────────────────────────────────────────────────────

const stepPercent = 10;
const longestSilenceMs = 2000;

function lines(): Display {
  let nextPercent = 0;
  let nextAt = 0;
  return {
    show: (stats) => {
      const now = performance.now();
      if (percent(stats) < nextPercent && now < nextAt) return;
      nextPercent = percent(stats) - (percent(stats) % stepPercent) + stepPercent;
      nextAt = now + longestSilenceMs;
      console.error(lineOf(stats));
    },
    end: () => {},
  };
}

function lineOf(stats: Stats): string {
  const details = waiting(stats);
  const { done, packages } = audited(stats);
  const start = `Audited ${done} of ${packages} packages (${percent(stats)} %)`;
  return details === '' ? start : `${start}: ${details}`;
}
