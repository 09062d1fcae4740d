import { readdirSync, readFileSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import { parseSync, visitorKeys } from 'oxc-parser';

// The project's source as the gate sees it: text by path, and each file's imports and syntax tree.

/** The text of each file by its path from the root: `compose/contexts.ts`. A test may plant files of its own. */
export type Tree = ReadonlyMap<string, string>;

/** Not ours, or not source. */
const OUTSIDE = new Set(['data', 'samples', 'docs', 'deploy']);

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder || '.', { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.name.startsWith('.') || entry.name === 'node_modules' || OUTSIDE.has(path)) return [];
    return entry.isDirectory() ? filesIn(path) : [path];
  });
}

/** Every source file below a folder that is a project like this one. */
export function treeOf(root: string): Tree {
  process.chdir(root);
  const paths = filesIn('').filter((path) => /\.(ts|js)$/.test(path));
  return new Map(paths.map((path) => [path, readFileSync(path, 'utf8')]));
}

/** Every source file of the project. */
export const readTree = (): Tree => treeOf(resolve(import.meta.dirname, '../..'));

/** A node of the syntax tree (ESTree with TypeScript's additions). */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

interface Parsed {
  readonly program: Node;
  readonly comments: readonly { readonly value: string; readonly start: number }[];
}

const parsed = new Map<string, Parsed>();

/** @throws for a file that is not TypeScript. */
export function parse(path: string, text: string): Parsed {
  const key = `${path}\n${text}`;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message}`);
  const result = { program: program as unknown as Node, comments };
  parsed.set(key, result);
  return result;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

/** The node's children in the order of the source, with the field each stands in. */
export function children(node: Node): readonly { readonly field: string; readonly child: Node }[] {
  return (visitorKeys[node.type] ?? []).flatMap((field) =>
    [node[field]]
      .flat()
      .filter(isNode)
      .map((child) => ({ field, child })),
  );
}

/** The node and everything below it. */
export const everyNode = (node: Node): readonly Node[] => [
  node,
  ...children(node).flatMap(({ child }) => everyNode(child)),
];

export const textOf = (node: unknown): string | undefined =>
  isNode(node) && node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;
export const nameOf = (node: unknown): string | undefined =>
  isNode(node) && node.type === 'Identifier' ? String(node.name) : undefined;

export const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** The module a node asks for: undefined when it asks for none, `?` when only running the code would tell. */
function moduleOf(node: Node): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return textOf(node.source);
    case 'ImportExpression':
    case 'TSImportType':
      return textOf(node.source) ?? '?';
    case 'CallExpression': {
      const { callee, arguments: given } = node as unknown as {
        readonly callee: Node;
        readonly arguments: readonly Node[];
      };
      if (callee.type !== 'MemberExpression') return undefined;
      const name = nameOf(callee.property);
      // What is only resolved is meant to be run; a package's other files are read.
      const isResolved = name === 'resolve' && (callee.object as Node).type === 'MetaProperty';
      return name === 'getBuiltinModule' || isResolved ? (textOf(given[0]) ?? '?') : undefined;
    }
    // A worker's file: new URL('./worker.ts', import.meta.url). A file that is no module is read, not run.
    case 'NewExpression': {
      const [target, base] = node.arguments as readonly Node[];
      if (nameOf(node.callee) !== 'URL' || base?.type !== 'MemberExpression') return undefined;
      const file = textOf(target) ?? '?';
      return file === '?' || file.endsWith('.ts') ? file : undefined;
    }
    default:
      return undefined;
  }
}

/** Of the files that were asked about before: a test that plants a file asks about all the others again. */
const imports = new WeakMap<Parsed, readonly string[]>();

/** Whatever a file makes the runtime or the type checker read: imports of any kind, re-exports, workers. */
export function importsOf(path: string, text: string): readonly string[] {
  const file = parse(path, text);
  const known = imports.get(file);
  if (known !== undefined) return known;
  const found = everyNode(file.program).map(moduleOf);
  const result = [...new Set(found.filter((specifier) => specifier !== undefined))];
  imports.set(file, result);
  return result;
}

/** The names of an import or an export: those here, by which its file knows them. */
const localNames = (node: Node): readonly string[] =>
  children(node).flatMap(({ child }) => nameOf(child.local) ?? []);

/** What a file hands on of what it imports: by `export … from`, or by naming it again. */
export function handedOn(path: string, text: string): readonly string[] {
  const statements = children(parse(path, text).program).map(({ child }) => child);
  const importedFrom = new Map(
    statements
      .filter(({ type }) => type === 'ImportDeclaration')
      .flatMap((node) => localNames(node).map((name) => [name, textOf(node.source)] as const)),
  );
  const handed = statements
    .filter(({ type }) => type === 'ExportAllDeclaration' || type === 'ExportNamedDeclaration')
    .flatMap((node) => textOf(node.source) ?? localNames(node).map((name) => importedFrom.get(name)));
  return [...new Set(handed.filter((specifier) => specifier !== undefined))];
}
