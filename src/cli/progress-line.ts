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
    this.#write(text.slice(0, (process.stderr.columns || 80) - 1));
  }

  /** Takes the line away, so that something else can be said. */
  clear(): void {
    if (this.#width > 0) this.#write('');
    this.#writtenAtMs = -Infinity;
  }

  // Over what stood there, and back to the beginning.
  #write(text: string): void {
    process.stderr.write(`\r${text.padEnd(this.#width)}\r${text}`);
    this.#width = text.length;
  }
}

function isTerminal(): boolean {
  return process.stderr.isTTY && process.env['TERM'] !== 'dumb';
}
