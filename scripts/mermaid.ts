// Renders what toMermaid() makes with Mermaid itself: `npm run mermaid`. It installs that in a temporary folder, for it is
// larger than all that gigq is developed with together.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Job, Workflow } from 'gigq';

const names = [
  'fetch-page',
  'say "hello"',
  '1. first',
  '- item',
  'a#b;c',
  '<b>bold</b>',
  '`end`',
  'Übung 📷',
  '[x](y)',
];

const workflow = new Workflow('Names');
const nodes = names.map((name) => workflow.addJob(new Job({ task: 'any', name })));
workflow.addJob(new Job({ task: 'any', name: 'last', dependencies: ['outside'] }), {
  dependsOn: nodes,
});

// A browser's measures are all that is missing: they change where things are, not what there is.
const render = `
import { readFileSync } from 'node:fs';
import { JSDOM } from 'jsdom';
const { window } = new JSDOM('<!doctype html><body></body>', { pretendToBeVisual: true });
Object.assign(globalThis, { window, document: window.document });
for (const name of ['Element', 'SVGElement', 'HTMLElement', 'DOMParser', 'Node', 'getComputedStyle', 'CSSStyleSheet']) {
  globalThis[name] ??= window[name];
}
window.SVGElement.prototype.getBBox = () => ({ x: 0, y: 0, width: 100, height: 20 });
window.SVGElement.prototype.getComputedTextLength = () => 1;
const { default: mermaid } = await import('mermaid');
mermaid.initialize({ startOnLoad: false, flowchart: { htmlLabels: false } });
const { svg } = await mermaid.render('graph', readFileSync(0, 'utf8'));
document.body.innerHTML = svg;
const labels = [...document.querySelectorAll('.node .label')].map((label) => label.textContent.trim());
const arrows = document.querySelectorAll('.edgePaths path').length;
console.log(JSON.stringify({ labels, arrows }));
`;

const folder = mkdtempSync(join(tmpdir(), 'gigq-mermaid-'));
try {
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'render.js'), render);
  execFileSync('npm', ['install', '--silent', 'mermaid@11', 'jsdom@29'], { cwd: folder });
  const input = workflow.toMermaid();
  const output = execFileSync(process.execPath, ['render.js'], { cwd: folder, input });
  const { labels, arrows } = JSON.parse(output.toString()) as { labels: string[]; arrows: number };
  assert.deepEqual(labels.toSorted(), [...names, 'last', 'outside'].toSorted());
  assert.equal(arrows, names.length + 1);
  console.log(`Mermaid renders ${labels.length} nodes and ${arrows} arrows as they are meant.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
