// What the budgets need to know of a source file, read off its syntax tree.
import ts from 'typescript';

export interface FunctionSize {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
  readonly depth: number;
  readonly parameters: number;
}

type FunctionWithBody = ts.FunctionLikeDeclaration & { readonly body: ts.Block };

export function parse(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

/** Every function, method, accessor and constructor with a block for a body; a one-expression arrow is not counted. */
export function functionsIn(source: ts.SourceFile): FunctionSize[] {
  const sizes: FunctionSize[] = [];
  const visit = (node: ts.Node): void => {
    if (hasBlock(node)) sizes.push(measure(node, source));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return sizes;
}

function hasBlock(node: ts.Node): node is FunctionWithBody {
  return (
    ts.isFunctionLike(node) && 'body' in node && node.body !== undefined && ts.isBlock(node.body)
  );
}

function measure(node: FunctionWithBody, source: ts.SourceFile): FunctionSize {
  const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
  const lastLine = source.getLineAndCharacterOfPosition(node.end).line + 1;
  return {
    name: nameOf(node, source),
    line,
    lines: lastLine - line + 1,
    depth: depthOf(node.body),
    parameters: node.parameters.length,
  };
}

function nameOf(node: FunctionWithBody, source: ts.SourceFile): string {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  const named = node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined);
  return named?.getText(source) ?? 'a function without a name';
}

// A function inside starts anew at 0: it is measured by itself.
function depthOf(node: ts.Node): number {
  let deepest = 0;
  ts.forEachChild(node, (child) => {
    if (ts.isFunctionLike(child)) return;
    deepest = Math.max(deepest, depthOf(child) + (nests(child) ? 1 : 0));
  });
  return deepest;
}

function nests(node: ts.Node): boolean {
  if (ts.isIfStatement(node)) return !isElseIf(node);
  return (
    ts.isIterationStatement(node, false) || ts.isSwitchStatement(node) || ts.isTryStatement(node)
  );
}

function isElseIf(node: ts.IfStatement): boolean {
  return ts.isIfStatement(node.parent) && node.parent.elseStatement === node;
}

/** `export *` anywhere, or, but for an entry point, a file named index.ts or one that does nothing but re-export. */
export function isBarrel(
  source: ts.SourceFile,
  { isEntryPoint }: { readonly isEntryPoint: boolean },
): boolean {
  const reexports = source.statements.filter(isReexport);
  if (reexports.some((statement) => statement.exportClause === undefined)) return true;
  if (isEntryPoint) return false;
  const onlyReexports = reexports.length > 0 && reexports.length === source.statements.length;
  return onlyReexports || source.fileName.endsWith('/index.ts');
}

function isReexport(statement: ts.Statement): statement is ts.ExportDeclaration {
  return ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;
}
