import type { Registry } from '#domain/kernel/registry.ts';
import { contextOf } from './context-walls.ts';
import { everyNode, type Node, nameOf, parse, type Tree, textOf } from './tree.ts';

// How a context joins: whatever is declared in its folders stands in its manifest, `compose/contexts/<name>.ts`.

/** What a declaration is listed as, by the function that makes it. */
const LISTED_AS: Readonly<Record<string, string>> = {
  decider: 'deciders',
  workflow: 'workflows',
  view: 'views',
  reaction: 'reactions',
  saga: 'sagas',
};
/** Folders whose declarations any manifest may list. */
const SHARED = new Set(['workflows', 'history', 'operating']);
const LIST = 'compose/contexts.ts';
const manifestOf = (context: string): string => `compose/contexts/${context}.ts`;

interface Declared {
  readonly path: string;
  readonly name: string;
  readonly listedAs: string;
  /** undefined: it spans contexts, and any manifest may list it. */
  readonly context: string | undefined;
}

/** `export const x: Operations = …` */
function operationsIn({ id }: Node): 'operations' | undefined {
  const { typeAnnotation: said } = id as { readonly typeAnnotation?: Node | null };
  const { typeName } = (said?.typeAnnotation ?? {}) as { readonly typeName?: unknown };
  return nameOf(typeName) === 'Operations' ? 'operations' : undefined;
}

/** `export const x = view({…})`, in a folder of a context. */
function declaredIn(path: string, text: string): readonly Declared[] {
  const [, room, folder] = /^(domain|projections|sagas|read-api)\/([\w-]+)\//.exec(path) ?? [];
  if (room === undefined || folder === undefined || ['kernel', 'runtime', 'zod'].includes(folder)) return [];
  const context = SHARED.has(folder) ? undefined : folder;
  return everyNode(parse(path, text).program)
    .filter((node) => node.type === 'ExportNamedDeclaration')
    .flatMap((node) => everyNode(node))
    .filter((node) => node.type === 'VariableDeclarator')
    .flatMap((node) => {
      const made = node.init as { readonly type: string; readonly callee?: unknown } | null;
      const listedAs =
        made?.type === 'CallExpression' ? LISTED_AS[nameOf(made.callee) ?? ''] : operationsIn(node);
      const name = nameOf(node.id);
      return listedAs === undefined || name === undefined ? [] : [{ path, name, listedAs, context }];
    });
}

/** The names that a file imports from another, whatever it calls them. */
function importedFrom(manifest: string, text: string, path: string): ReadonlySet<string> {
  const names = everyNode(parse(manifest, text).program)
    .filter(
      (node) =>
        node.type === 'ImportDeclaration' &&
        (node.source as { readonly value?: unknown }).value === `#${path}`,
    )
    .flatMap((node) => node.specifiers as readonly { readonly imported?: unknown }[])
    .map(({ imported }) => nameOf(imported));
  return new Set(names.filter((name) => name !== undefined));
}

/** Whatever would not run because it is listed nowhere, each as a sentence that says where it belongs. */
export function unlisted(tree: Tree): readonly string[] {
  const manifests = [...tree.keys()].filter((path) =>
    /^compose\/contexts\/(?!manifest\.ts$)[\w-]+\.ts$/.test(path),
  );
  const folders = new Set(
    [...tree.keys()].filter((path) => path.startsWith('domain/')).flatMap((path) => contextOf(path) ?? []),
  );
  const list = tree.get(LIST) ?? '';
  return [
    ...[...folders]
      .filter((context) => !tree.has(manifestOf(context)))
      .map(
        (context) =>
          `domain/${context}/ has no manifest: write ${manifestOf(context)}, as its neighbours are`,
      ),
    ...manifests
      .filter((path) => !list.includes(`'./${path.slice('compose/'.length)}'`))
      .map((path) => `${path} is no context of the platform: add it to \`contexts\` in ${LIST}`),
    ...[...tree]
      .flatMap(([path, text]) => declaredIn(path, text))
      .filter(({ path, name, context }) => {
        const places = context === undefined ? manifests : [manifestOf(context)];
        return !places.some((at) => importedFrom(at, tree.get(at) ?? '', path).has(name));
      })
      .map(
        ({ path, name, listedAs, context = '<context>' }) =>
          `${path} declares ${name}, which runs nowhere: add it to \`${listedAs}\` in ${manifestOf(context)}`,
      ),
  ];
}

/** Events and commands that are declared and stand in no list: whoever sends such a command finds out when it runs. */
export function unregistered(tree: Tree, registry: Pick<Registry, 'events' | 'commands'>): readonly string[] {
  const lists = { event: registry.events, command: registry.commands };
  return [...tree].flatMap(([path, text]) => {
    if (!path.startsWith('domain/') || contextOf(path) === undefined) return [];
    return everyNode(parse(path, text).program)
      .filter((node) => node.type === 'CallExpression')
      .flatMap((node) => {
        const kind = nameOf(node.callee);
        const type = textOf((node.arguments as readonly Node[])[0]);
        if ((kind !== 'event' && kind !== 'command') || type === undefined || lists[kind].has(type))
          return [];
        return [`${path} declares ${type}, which is in no list: add it to \`${kind}s\` of its stream`];
      });
  });
}

/** `services.live(view)` */
const viewsFollowed = (program: Node): readonly string[] =>
  everyNode(program).flatMap((node) => {
    if (node.type !== 'CallExpression') return [];
    const { callee, arguments: given } = node as unknown as { callee: Node; arguments: readonly Node[] };
    return callee.type === 'MemberExpression' && nameOf(callee.property) === 'live'
      ? (nameOf(given[0]) ?? [])
      : [];
  });
/** `followed: [{ view, stream }]` */
const viewsListed = (program: Node): readonly string[] =>
  everyNode(program)
    .filter((node) => node.type === 'Property' && nameOf(node.key) === 'followed')
    .flatMap((node) => everyNode(node))
    .filter((node) => node.type === 'Property' && nameOf(node.key) === 'view')
    .flatMap((node) => nameOf(node.value) ?? []);

/** Views that a feed follows and no list of operations names: the feed would fail when it is asked for. */
export function unfollowed(tree: Tree): readonly string[] {
  const files = [...tree].filter(([path]) => path.startsWith('read-api/'));
  const listed = new Set(files.flatMap(([path, text]) => viewsListed(parse(path, text).program)));
  return files.flatMap(([path, text]) =>
    viewsFollowed(parse(path, text).program)
      .filter((view) => !listed.has(view))
      .map(
        (view) =>
          `${path} follows ${view}: add it, with its stream, to \`followed\` of its context’s operations`,
      ),
  );
}
