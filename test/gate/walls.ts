import { posix } from 'node:path';
import { circles } from './circles.ts';
import { contextProblem, handingOnProblem } from './context-walls.ts';
import { engineProblem } from './engine-walls.ts';
import { handedOn, importsOf, type Tree } from './tree.ts';

// The table of docs/architecture.md as rules over paths.

/** The folder at the top, or the file itself where it stands there. */
export const roomOf = (path: string): string => path.split('/')[0] ?? '';

/** With what it is built on. */
const inKernel = (path: string) => /^domain\/(kernel|zod)\//.test(path);
const isRuntime = (path: string) => roomOf(path) === 'runtime';
const isDecider = (path: string) => /^domain\/(?!kernel\/).*decider\.ts$/.test(path);
const in_ =
  (...rooms: readonly string[]) =>
  (path: string) =>
    rooms.includes(roomOf(path));
/** All of the domain but what decides and what it decides on. */
const undeciding = (path: string) =>
  roomOf(path) === 'domain' && !isDecider(path) && !/^domain\/(?!kernel\/).*\/state\.ts$/.test(path);
const everything = () => true;

const BEHIND = 'is behind a wall: the table in docs/architecture.md says what each room may read';

interface Wall {
  /** What a file of the room may come to read, directly or through others. */
  readonly reaches: (path: string) => boolean;
  /** What it may import itself, where that is less. */
  readonly imports?: (path: string) => boolean;
}

const walls: Readonly<Record<string, Wall>> = {
  domain: { reaches: in_('domain') },
  runtime: { reaches: (path) => inKernel(path) || isRuntime(path) },
  'write-side': {
    reaches: (path) => undeciding(path) || isRuntime(path) || roomOf(path) === 'write-side',
  },
  projections: {
    reaches: (path) => undeciding(path) || isRuntime(path) || roomOf(path) === 'projections',
  },
  sagas: {
    reaches: (path) =>
      undeciding(path) || isRuntime(path) || roomOf(path) === 'sagas' || path === 'projections/view.ts',
  },
  'read-api': {
    reaches: (path) =>
      undeciding(path) ||
      isRuntime(path) ||
      roomOf(path) === 'read-api' ||
      (roomOf(path) === 'projections' && !path.startsWith('projections/runtime/')),
  },
  engines: { reaches: (path) => inKernel(path) || isRuntime(path) || roomOf(path) === 'engines' },
  compose: { reaches: everything },
  cli: { reaches: everything, imports: (path) => roomOf(path) !== 'engines' && !isDecider(path) },
  demo: { reaches: in_('demo', 'exit.ts') },
  bench: { reaches: everything },
  test: { reaches: everything },
  'main.ts': { reaches: everything, imports: in_('compose', 'config.ts', 'domain', 'exit.ts') },
  settings: { reaches: (path) => isRuntime(path) || inKernel(path) || roomOf(path) === 'settings' },
  'config.ts': {
    reaches: (path) => inKernel(path) || in_('config.ts', 'runtime', 'settings')(path),
    imports: in_('runtime', 'settings'),
  },
  'exit.ts': { reaches: () => false },
  'start.js': { reaches: () => false },
};

/**
 * Inside the domain: what knows the inside of zod knows nothing else, the kernel knows no context, contexts never each other;
 * what spans them stands beside them.
 */
function domainAllows(from: string, to: string): boolean {
  const [, area = ''] = from.split('/');
  const [, target = ''] = to.split('/');
  if (target === area || (target === 'zod' && area !== 'zod')) return true;
  if (target === 'kernel') return area !== 'zod';
  return area === 'workflows';
}

/** Packages that speak to something outside, or own a protocol: an adapter each, and nothing but adapters. */
const drivers = new Set([
  '@eventstore/db-client',
  'mongodb',
  'kafkajs',
  'jose',
  'mingo',
  'nodemailer',
  'smtp-server',
  'node:sqlite',
  'sqlite',
  'node:dgram',
]);
const mayDrive = in_('engines', 'bench', 'test');
/** Pure ones: schemas, canonical JSON, hashes, deep equality. */
const domainPackages = new Set(['zod', 'canonicalize', 'node:crypto', 'node:util']);

function packageProblem(from: string, specifier: string): string | undefined {
  const name = specifier.startsWith('@')
    ? specifier.split('/').slice(0, 2).join('/')
    : specifier.split('/')[0];
  // A test may put bugs into what it loads, to show that it finds them; the starter keeps what was compiled; and a part of a driver is
  // replaced by a safer one of ours.
  const mayLoad = roomOf(from) === 'test' || ['start.js', 'engines/bus/kafka/driver.ts'].includes(from);
  if (specifier === 'node:module' && !mayLoad) return 'loads modules past these walls';
  if (drivers.has(specifier) || drivers.has(name ?? ''))
    return mayDrive(from) ? undefined : `${specifier} is a driver: engines alone import it`;
  if (roomOf(from) === 'domain' && !domainPackages.has(specifier)) return `the domain needs no ${specifier}`;
  return undefined;
}

/** The file a specifier names, undefined for a package. */
function resolved(from: string, specifier: string): string | undefined {
  if (specifier === '#config' || specifier === '#exit') return `${specifier.slice(1)}.ts`;
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  return undefined;
}

function wayProblem(from: string, specifier: string, to: string): string | undefined {
  const same = roomOf(from) === roomOf(to);
  if (specifier.startsWith('.') && !same && from.includes('/')) return 'another room is reached by #room/';
  if (specifier.startsWith('#') && same && roomOf(from) !== 'test')
    return 'inside a room files reach each other by relative paths';
  return undefined;
}

/** The starter runs whichever program it is told to, and tests run together are those of a folder. */
const OPEN_ENDED = ['start.js', 'test/support/together.ts'];

function directProblem(from: string, specifier: string, tree: Tree): string | undefined {
  if (specifier === '?' && OPEN_ENDED.includes(from)) return undefined;
  if (specifier === '?') return 'imports what only running it would tell';
  const to = resolved(from, specifier);
  if (to === undefined) return packageProblem(from, specifier);
  if (!tree.has(to)) return 'is not there: no file has this path';
  const wall = walls[roomOf(from)];
  if (wall === undefined) return `${roomOf(from)} is no room of the project`;
  if (roomOf(to) === 'test' && roomOf(from) !== 'test') return 'only tests read tests';
  if (!(wall.imports ?? wall.reaches)(to) && roomOf(from) !== roomOf(to)) return BEHIND;
  if (roomOf(from) === 'domain' && roomOf(to) === 'domain' && !domainAllows(from, to))
    return 'contexts do not know each other: what spans them stands in domain/workflows/, or is a saga';
  return contextProblem(from, to) ?? engineProblem(from, to) ?? wayProblem(from, specifier, to);
}

/** Everything a file comes to read, each with the file that led there first. */
function reached(from: string, importsByFile: ReadonlyMap<string, readonly string[]>) {
  const via = new Map<string, string>();
  const open = [from];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    for (const to of importsByFile.get(file) ?? []) {
      if (to === from || via.has(to)) continue;
      via.set(to, file);
      open.push(to);
    }
  }
  return via;
}

function roadTo(target: string, from: string, via: ReadonlyMap<string, string>): string {
  const road = [target];
  for (let at = via.get(target); at !== undefined && at !== from; at = via.get(at)) road.unshift(at);
  return [from, ...road].join(' → ');
}

/** The files of ours that each file imports. */
export const importsByFile = (tree: Tree): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...tree].map(([from, text]) => [
      from,
      importsOf(from, text)
        .map((specifier) => resolved(from, specifier))
        .filter((to) => to !== undefined),
    ]),
  );

/** Every import that goes through a wall, as a sentence; none where all walls stand. */
export function wallProblems(tree: Tree): readonly string[] {
  const specifiers = new Map([...tree].map(([path, text]) => [path, importsOf(path, text)]));
  const direct = [...specifiers].flatMap(([from, list]) =>
    list.flatMap((specifier) => {
      const problem = directProblem(from, specifier, tree);
      return problem === undefined ? [] : [`${from} imports ${specifier}: ${problem}`];
    }),
  );
  const handed = [...tree].flatMap(([from, text]) =>
    handedOn(from, text).flatMap((specifier) => {
      const to = resolved(from, specifier);
      const problem = to === undefined ? undefined : handingOnProblem(from, to);
      return problem === undefined ? [] : [`${from} exports ${specifier}: it ${problem}`];
    }),
  );
  const files = importsByFile(tree);
  const indirect = [...files.keys()].flatMap((from) => {
    const wall = walls[roomOf(from)];
    if (wall === undefined) return [`${from}: ${roomOf(from)} is no room of the project`];
    const via = reached(from, files);
    return [...via.keys()]
      .filter((to) => via.get(to) !== from && !wall.reaches(to) && roomOf(to) !== roomOf(from))
      .map((to) => `${roadTo(to, from, via)}: ${BEHIND}`);
  });
  return [...direct, ...handed, ...indirect, ...circles(files)];
}
