import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

for (const path of ['dist', ...globSync('src/store/*/sql.gen.ts', { cwd: root })]) {
  rmSync(join(root, path), { recursive: true, force: true });
}
