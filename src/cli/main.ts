#!/usr/bin/env node
// No static import: on a Node that is too old this file has to be able to say so.
const [major = 0, minor = 0, patch = 0] = process.versions.node.split('.').map(Number);

function isAtLeast(leastMinor: number, leastPatch: number): boolean {
  return minor > leastMinor || (minor === leastMinor && patch >= leastPatch);
}

const isSupported =
  major > 24 || (major === 24 && isAtLeast(15, 0)) || (major === 22 && isAtLeast(22, 3));

if (isSupported) {
  const { main } = await import('./run.ts');
  await main(process.argv.slice(2));
} else {
  console.error(
    `gigq: This is Node ${process.versions.node}. [node_unsupported] ` +
      'Use Node 22.22.3 or later, or 24.15.0 or later: their SQLite does not corrupt the file.',
  );
  process.exitCode = 1;
}

export {};
