import { children, everyNode, lineOf, type Node, nameOf, parse, type Tree } from './tree.ts';

// The rules of style that matter and that no linter knows.

/**
 * Hard limits, in lines; what is good stays well below them. A function has the lines of all that is inside it: a closure is
 * no place for a part of the platform. Tests stand inside each other by subject, and count their own.
 */
export const sizeLimits = { file: 400, testFile: 600, function: 70, testFunction: 80 } as const;

const vagueNames = /(^|\/)[^/]*(util|helper|manager|abstract|factory|common|misc)[^/]*\.(ts|js)$/i;
const deadComment = /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|expect-error|nocheck)|biome-ignore|eslint-disable/;
const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);
const idleTests = new Set(['skip', 'only', 'todo']);

const lines = (text: string, node: Node): number => lineOf(text, node.end) - lineOf(text, node.start) + 1;

/** The functions directly inside, at whatever depth, but not those inside of these. */
const innerFunctions = (node: Node): readonly Node[] =>
  children(node).flatMap(({ child }) => (functionTypes.has(child.type) ? [child] : innerFunctions(child)));

const ownLines = (text: string, node: Node): number =>
  innerFunctions(node).reduce((own, inner) => own - (lines(text, inner) - 1), lines(text, node));

const isTest = (path: string): boolean => path.startsWith('test/');

function sizeProblems(path: string, text: string, nodes: readonly Node[]): readonly string[] {
  const length = lineOf(text, text.length);
  const limit = isTest(path) ? sizeLimits.testFile : sizeLimits.file;
  const [counted, most] = isTest(path) ? [ownLines, sizeLimits.testFunction] : [lines, sizeLimits.function];
  const long = nodes.filter((node) => functionTypes.has(node.type) && counted(text, node) > most);
  return [
    ...(length > limit ? [`${path} has ${length} lines, more than ${limit}`] : []),
    ...long.map((node) => `${path}:${lineOf(text, node.start)} a function of ${counted(text, node)} lines`),
  ];
}

/** A test that is passed over is a hole in the gate: `test.skip(…)`, `{ skip: true }`, `context.todo()`. */
function idleProblems(path: string, text: string, nodes: readonly Node[]): readonly string[] {
  if (!path.endsWith('.test.ts')) return [];
  const idle = nodes.filter((node) => {
    if (node.type === 'CallExpression') {
      const callee = node.callee as Node;
      return callee.type === 'MemberExpression' && idleTests.has(nameOf(callee.property) ?? '');
    }
    return node.type === 'Property' && idleTests.has(nameOf(node.key) ?? '');
  });
  return idle.map((node) => `${path}:${lineOf(text, node.start)} a test that does not always run`);
}

/** Unit tests are run by the file of their room, which has to be there. */
const roomOf = (path: string): string | undefined => /^(test\/unit\/[^/]+)\/.*\.test\.ts$/.exec(path)?.[1];

function lostProblems(path: string, tree: Tree): readonly string[] {
  const room = roomOf(path);
  return room === undefined || tree.has(`${room}.test.ts`) ? [] : [`${path} is run by nobody`];
}

/** Every breach of the house's style, as a sentence. */
export function styleProblems(tree: Tree): readonly string[] {
  return [...tree].flatMap(([path, text]) => {
    const { program, comments } = parse(path, text);
    const nodes = everyNode(program);
    const dead = comments.filter(({ value }) => deadComment.test(value));
    return [
      ...(vagueNames.test(path) ? [`${path} is named after nothing of the business`] : []),
      ...dead.map(({ start }) => `${path}:${lineOf(text, start)} a comment that postpones or silences`),
      ...sizeProblems(path, text, nodes),
      ...idleProblems(path, text, nodes),
      ...lostProblems(path, tree),
    ];
  });
}
