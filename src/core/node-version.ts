/** Which Nodes gigq runs on: those whose SQLite is safe. The same as `engines` in package.json, which npm only warns by. */

type Version = readonly [major: number, minor: number, patch: number];

const since22: Version = [22, 22, 3];
const since24: Version = [24, 15, 0];

export function isSupportedNode(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  const found: Version = [major, minor, patch];
  return major === since22[0] ? isAtLeast(found, since22) : isAtLeast(found, since24);
}

function isAtLeast(found: Version, wanted: Version): boolean {
  const place = found.findIndex((part, index) => part !== wanted[index]);
  return place === -1 || (found[place] ?? 0) > (wanted[place] ?? 0);
}
