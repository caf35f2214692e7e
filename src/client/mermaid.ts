/** Graphs as Mermaid flowcharts: https://mermaid.js.org/syntax/flowchart.html */

export interface GraphNode {
  readonly id: string;
  readonly name: string;
  readonly parents: readonly string[];
  readonly runsAnyway: boolean;
}

export function toMermaid(nodes: readonly GraphNode[]): string {
  const keys = new Map(nodes.map(({ id }, place) => [id, `n${place}`]));
  const lines = nodes.map(({ name }, place) => `n${place}["${escape(name)}"]`);
  for (const id of outside(nodes, keys)) {
    const key = `x${keys.size - nodes.length}`;
    keys.set(id, key);
    lines.push(`${key}(["${escape(id)}"])`);
  }
  const arrows = nodes.flatMap(({ id, parents, runsAnyway }) =>
    parents.map((parent) => `${keys.get(parent)} ${runsAnyway ? '-.->' : '-->'} ${keys.get(id)}`),
  );
  return ['flowchart TD', ...[...lines, ...arrows].map((text) => `  ${text}`), ''].join('\n');
}

/** Parents that are jobs of their own, submitted before. */
function outside(
  nodes: readonly GraphNode[],
  keys: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  return new Set(nodes.flatMap(({ parents }) => parents).filter((id) => !keys.has(id)));
}

/** What Mermaid reads as syntax, and what it reads as a list where no letter comes before it. */
const special = /["#$%&'()*;<=>@[\\\]^`{|}~]|(?<![\p{L}_].*)[-+.]/gu;

function escape(text: string): string {
  return text.replace(special, (sign) => `#${sign.codePointAt(0)};`);
}
