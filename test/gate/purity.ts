import { children, importsOf, lineOf, type Node, nameOf, parse, type Tree, textOf } from './tree.ts';
import { roomOf } from './walls.ts';

// Time, chance and fresh ids come in as facts. Only engines make them; what is outside the platform may use them too.

const mayTouch = new Set(['engines', 'test', 'bench', 'demo', 'cli']);
/** The environment has one reader; programs that start others hand theirs on. */
const mayReadEnvironment = new Set(['config.ts', 'test', 'bench', 'demo', 'cli', 'start.js']);

/** Globals that are clocks, timers or chance, whatever is done with them. */
const impureGlobals = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'performance',
  'crypto',
  'Temporal',
  'scheduler',
  // What speaks to the outside, of which nobody knows when it answers.
  'fetch',
  'WebSocket',
  'EventSource',
]);
/** Of globals that are otherwise pure, the members that may be used: none other, and never the whole. */
const pureMembers: Readonly<Record<string, (member: string) => boolean>> = {
  Date: (member) => member === 'parse' || member === 'UTC',
  Math: (member) => member !== 'random',
  AbortSignal: (member) => member !== 'timeout',
  process: (member) => !['hrtime', 'uptime'].includes(member),
};
const impureModules = new Set([
  'node:timers',
  'node:timers/promises',
  'node:perf_hooks',
  'node:process',
  'uuid',
]);
const pureCrypto = new Set(['createHash', 'createHmac', 'timingSafeEqual', 'createVerify', 'hash']);

interface Found {
  readonly node: Node;
  readonly problem: string;
}

/** `new Date(0)` is a value; `new Date()` reads the clock, and `new Date(...list)` may. */
const isDateOfArgument = (node: Node, parent: Node): boolean => {
  if (parent.type !== 'NewExpression' || parent.callee !== node) return false;
  const [first] = parent.arguments as readonly Node[];
  return first !== undefined && first.type !== 'SpreadElement';
};

/** The member's name where this identifier is the object of `object.member` or `object['member']`. */
function memberOf(node: Node, parent: Node): string | undefined {
  if (parent.type !== 'MemberExpression' || parent.object !== node) return undefined;
  return parent.computed === true ? textOf(parent.property) : nameOf(parent.property);
}

function globalProblem(node: Node, parent: Node): string | undefined {
  const name = nameOf(node) ?? '';
  if (name === 'globalThis') return 'globalThis hides what is used';
  if (impureGlobals.has(name)) return name;
  const allowed = pureMembers[name];
  if (allowed === undefined || !Object.hasOwn(pureMembers, name)) return undefined;
  if (name === 'Date' && isDateOfArgument(node, parent)) return undefined;
  const member = memberOf(node, parent);
  if (member !== undefined && allowed(member)) return undefined;
  if (name === 'AbortSignal' || name === 'process')
    return member === undefined ? undefined : `${name}.${member}`;
  return `${name}.${member ?? '?'}`;
}

/** Whether an identifier is a mere label here: a key, a member's name, an import. */
function isLabel(field: string, parent: Node): boolean {
  if (parent.computed === true) return false;
  if (parent.type === 'MemberExpression') return field === 'property';
  if (parent.type === 'Property') return field === 'key';
  return ['PropertyDefinition', 'MethodDefinition', 'ImportSpecifier'].includes(parent.type);
}

/** Types tell of values and use none. */
const isType = (node: Node): boolean =>
  ['TSTypeAnnotation', 'TSTypeParameterInstantiation', 'TSTypeReference', 'TSTypeQuery'].includes(
    node.type,
  ) ||
  ['TSTypeAliasDeclaration', 'TSInterfaceDeclaration', 'TSUnionType', 'TSTypeLiteral'].includes(node.type);

function impure(node: Node): readonly Found[] {
  return children(node).flatMap(({ field, child }) => {
    if (isType(child)) return [];
    const below = impure(child);
    if (child.type !== 'Identifier' || isLabel(field, node)) return below;
    const problem = globalProblem(child, node);
    return problem === undefined ? below : [{ node: child, problem }, ...below];
  });
}

function importedNames(node: Node): readonly string[] {
  if (node.importKind === 'type') return [];
  return children(node)
    .filter(({ child }) => child.type === 'ImportSpecifier' && child.importKind !== 'type')
    .map(({ child }) => nameOf(child.imported) ?? '?');
}

function importProblems(program: Node): readonly Found[] {
  return children(program).flatMap(({ child }) => {
    if (child.type !== 'ImportDeclaration' || textOf(child.source) !== 'node:crypto') return [];
    return importedNames(child)
      .filter((name) => !pureCrypto.has(name))
      .map((name) => ({ node: child, problem: `node:crypto's ${name}` }));
  });
}

/** `process.env`, and the whole of `process`, in which it is. */
const readsEnvironment = (node: Node): readonly Found[] =>
  children(node).flatMap(({ field, child }) => {
    if (isType(child)) return [];
    const isProcess = nameOf(child) === 'process' && !isLabel(field, node);
    const member = isProcess ? memberOf(child, node) : '';
    return isProcess && (member === undefined || member === 'env')
      ? [{ node: child, problem: 'process.env: config.ts alone reads the environment' }]
      : readsEnvironment(child);
  });

/** What is no part of the platform: it starts it, or is sent to browsers as it is. */
const runsElsewhere = new Set(['start.js', 'write-side/accounts/pages/assets/pages.js']);

/** Every use of a clock, a timer, chance or the environment where they do not belong. */
export function purityProblems(tree: Tree): readonly string[] {
  return [...tree].flatMap(([path, text]) => {
    const { program } = parse(path, text);
    const room = roomOf(path);
    const found = [
      ...(mayTouch.has(room) || runsElsewhere.has(path)
        ? []
        : [...impure(program), ...importProblems(program)]),
      ...(mayReadEnvironment.has(room) ? [] : readsEnvironment(program)),
    ];
    const modules =
      mayTouch.has(room) || runsElsewhere.has(path)
        ? []
        : importsOf(path, text).filter((specifier) => impureModules.has(specifier));
    return [
      ...found.map(({ node, problem }) => `${path}:${lineOf(text, node.start)} uses ${problem}`),
      ...modules.map((specifier) => `${path} imports ${specifier}`),
    ];
  });
}
