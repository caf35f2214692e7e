/** One line on stderr that is written over while something goes on; nothing where stderr is no terminal. */

const restMs = 100;

export class ProgressLine {
  #width = 0;
  #writtenAtMs = -Infinity;

  /** Shows the text, at most ten times a second. */
  show(text: string): void {
    const now = performance.now();
    if (!isTerminal() || now - this.#writtenAtMs < restMs) return;
    this.#writtenAtMs = now;
    const fitting = text.slice(0, (process.stderr.columns || 80) - 1);
    // Over all that stood there.
    process.stderr.write(`\r${fitting.padEnd(this.#width)}`);
    this.#width = fitting.length;
  }

  /** Takes the line away, so that something else can be said. */
  clear(): void {
    if (this.#width > 0) process.stderr.write(`\r${' '.repeat(this.#width)}\r`);
    this.#width = 0;
    this.#writtenAtMs = -Infinity;
  }
}

function isTerminal(): boolean {
  return process.stderr.isTTY && process.env['TERM'] !== 'dumb';
}
