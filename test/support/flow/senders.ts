import type { Registry } from '#domain/kernel/registry.ts';
import { children, everyNode, type Node, nameOf, parse, type Tree, textOf } from '#test/gate/tree.ts';

// Which commands a reaction or saga may send, and at which events: its handlers are functions, so that only the source tells all.

export interface Sender {
  readonly name: string;
  /** At these. */
  readonly events: readonly string[];
  readonly sends: readonly string[];
}

/** What a file declares by name, without its imports. */
function declaredIn(program: Node): ReadonlyMap<string, Node> {
  const found = new Map<string, Node>();
  for (const { child } of children(program)) {
    const declaration = child.type === 'ExportNamedDeclaration' ? (child.declaration as Node | null) : child;
    if (declaration?.type === 'FunctionDeclaration') found.set(nameOf(declaration.id) ?? '', declaration);
    if (declaration?.type === 'VariableDeclaration')
      for (const { child: one } of children(declaration)) found.set(nameOf(one.id) ?? '', one);
  }
  return found;
}

/** All names that a node leads to, by itself and by what the file declares. */
function namesFrom(node: Node, declared: ReadonlyMap<string, Node>): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (from: Node): void => {
    for (const name of everyNode(from).map(nameOf))
      if (name !== undefined && !names.has(name)) {
        names.add(name);
        const further = declared.get(name);
        if (further !== undefined) visit(further);
      }
  };
  visit(node);
  return names;
}

const nameIn = (declaration: Node): string | undefined =>
  (declaration.properties as readonly Node[]).flatMap(({ key, value }) =>
    nameOf(key) === 'name' ? [textOf(value)] : [],
  )[0];

/** The handlers that a declaration has of events, with the names of these. */
const handlersIn = (
  declaration: Node,
): readonly { readonly events: readonly string[]; readonly by: Node }[] =>
  everyNode(declaration)
    .filter(({ callee }) => nameOf(callee) === 'when')
    .map((when) => {
      const all = when.arguments as readonly Node[];
      return { events: all.slice(0, -1).map((event) => nameOf(event) ?? ''), by: all.at(-1) as Node };
    });

/** A reaction sends at each event by itself; what a saga sends began with its events, at whichever step it is sent. */
function stepsOf(
  call: Node,
  declaration: Node,
): readonly { readonly events: readonly string[]; readonly by: Node }[] {
  const handlers = handlersIn(declaration);
  if (nameOf(call.callee) === 'reaction') return handlers;
  return [{ events: handlers.flatMap(({ events }) => events), by: declaration }];
}

/** Every place at which a reaction or saga may send something. */
export function sendersIn(tree: Tree, { commands }: Registry): readonly Sender[] {
  const files = [...tree].filter(([path]) => path.startsWith('sagas/'));
  return files.flatMap(([path, text]) => {
    const { program } = parse(path, text);
    const declared = declaredIn(program);
    const calls = everyNode(program).filter(({ callee }) =>
      ['reaction', 'saga'].includes(nameOf(callee) ?? ''),
    );
    return calls.flatMap((call): readonly Sender[] => {
      const [declaration] = call.arguments as readonly Node[];
      const name = declaration && nameIn(declaration);
      if (declaration === undefined || name === undefined) return [];
      return stepsOf(call, declaration).map(({ events, by }) => {
        const sends = [...namesFrom(by, declared)].filter((sent) => commands.has(sent));
        return { name, events, sends };
      });
    });
  });
}
