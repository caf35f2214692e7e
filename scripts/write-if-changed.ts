import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Others may be reading the file: it is left alone or replaced whole. */
export function writeIfChanged(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}
