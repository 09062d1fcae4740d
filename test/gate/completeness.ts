import { posix } from 'node:path';
import type { AnyDecider } from '#domain/kernel/decider.ts';
import { OwnAffair } from '#domain/kernel/own-affair.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import type { Workflow } from '#domain/kernel/workflow.ts';
import { everyNode, type Node, nameOf, parse, type Tree, textOf } from './tree.ts';

/** Every command that nobody decides, or more than one; every workflow about a command that is not in the registry. */
export function undecided(
  registry: Registry,
  deciders: readonly AnyDecider[],
  workflows: readonly Workflow[],
): readonly string[] {
  const commands = [...registry.commands.keys()].flatMap((type) => {
    const deciding = deciders.filter((decider) => decider.commands.some((command) => command.type === type));
    const branches = deciding.filter((decider) => typeof decider.decide[type] === 'function');
    return deciding.length === 1 && branches.length === 1
      ? []
      : [
          `${type} has ${deciding.length} deciders and ${branches.length} branches: it needs one of each, in a decider that stands in \`deciders\` of its manifest (compose/contexts/)`,
        ];
  });
  const strangers = [...deciders.flatMap((decider) => decider.commands), ...workflows.map((it) => it.command)]
    .filter((command) => registry.commands.get(command.type)?.command !== command)
    .map(
      ({ type }) =>
        `${type} is decided, or guarded by a workflow, and not in the registry: add it to \`commands\` of its stream`,
    );
  return [...commands, ...strangers];
}

/** Every event that no stream has, or more than one; sagas' own streams are the runtime's. */
export function homeless(registry: Registry, deciders: readonly AnyDecider[]): readonly string[] {
  return [...registry.events.keys()].flatMap((type) => {
    const homes = deciders.filter((decider) => decider.events.some((event) => event.type === type));
    return homes.length === 1 || type === 'SagaStepped'
      ? []
      : [
          `${type} belongs to ${homes.length} streams: it needs one decider that lists it in \`events\`, and stands in \`deciders\` of its manifest (compose/contexts/)`,
        ];
  });
}

/** Roles under which people act for themselves alone. */
const OWN_ROLES: readonly string[] = ['bidder', 'seller'];

/** What is not yet said of commands of staff: whether they are refused where the sender has an interest in it. */
export function undecidedOwnAffairs(
  registry: Registry,
  table: Readonly<Record<string, 'refused' | { readonly allowed: string }>>,
): readonly string[] {
  const ofStaff = [...registry.commands.values()]
    .map(({ command }) => command)
    .filter(({ from }) => typeof from !== 'string' && from.some((role) => !OWN_ROLES.includes(role)));
  const strangers = Object.keys(table)
    .filter((type) => ofStaff.every((command) => command.type !== type))
    .map((type) => `${type} is no command of staff`);
  const unsaid = ofStaff.flatMap(({ type, rejections }) => {
    const said = table[type];
    if (said === undefined)
      return [
        `${type} is sent by staff: say in test/support/own-affairs.ts what becomes of one’s own affairs`,
      ];
    const declares = rejections.some(({ code }) => code === OwnAffair.code);
    if (declares === (said === 'refused')) return [];
    return [
      `${type} ${declares ? 'declares' : 'does not declare'} ${OwnAffair.code}, other than its table says`,
    ];
  });
  return [...strangers, ...unsaid];
}

const isEventType = (node: unknown): boolean =>
  (node as Node | undefined)?.type === 'MemberExpression' && nameOf((node as Node).property) === 'type';

const switchesOnType = (nodes: readonly Node[]): readonly Node[] =>
  nodes.filter((node) => node.type === 'SwitchStatement' && isEventType(node.discriminant));

const declaredEvents = (nodes: readonly Node[]): readonly string[] =>
  nodes
    .filter((node) => node.type === 'CallExpression' && nameOf(node.callee) === 'event')
    .map((node) => textOf((node.arguments as readonly Node[])[0]))
    .filter((type) => type !== undefined);

/** `event.type === 'SaleScheduled'`: what begins a stream is often met before the switch. */
const comparedTypes = (nodes: readonly Node[]): readonly (string | undefined)[] =>
  nodes
    .filter((node) => node.type === 'BinaryExpression' && node.operator === '===' && isEventType(node.left))
    .map((node) => textOf(node.right));

/** `default: return unreachable(event);` */
const closesWithNever = (statement: Node): boolean =>
  (statement.cases as readonly Node[]).some(
    (branch) =>
      branch.test === null &&
      everyNode(branch).some(
        (node) => node.type === 'CallExpression' && nameOf(node.callee) === 'unreachable',
      ),
  );

/**
 * Every event declared in a stream's folder that no fold of the folder names, and every such switch that
 * would compile without a case for each. A stream with one event needs no switch.
 */
export function unevolved(tree: Tree): readonly string[] {
  const folders = new Map<string, Node[]>();
  for (const [path, text] of tree) {
    if (!path.startsWith('domain/') || path.startsWith('domain/kernel/')) continue;
    const folder = posix.dirname(path);
    folders.set(folder, [...(folders.get(folder) ?? []), ...everyNode(parse(path, text).program)]);
  }
  return [...folders].flatMap(([folder, nodes]) => {
    const events = declaredEvents(nodes);
    if (events.length < 2) return [];
    const switches = switchesOnType(nodes);
    const cases = new Set([
      ...switches.flatMap((statement) =>
        (statement.cases as readonly Node[]).map(({ test }) => textOf(test)),
      ),
      ...comparedTypes(nodes),
    ]);
    const open = switches.filter((statement) => !closesWithNever(statement));
    return [
      ...events.filter((type) => !cases.has(type)).map((type) => `${folder}: ${type} has no evolve case`),
      ...open.map(() => `${folder}: a switch over events does not end in unreachable`),
    ];
  });
}

const kebab = (name: string): string => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
export const camel = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** Every command that no test outside this gate speaks of, by its type, its mutation or its path. */
export function untested(registry: Registry, tree: Tree): readonly string[] {
  const tests = [...tree]
    .filter(([path]) => path.startsWith('test/') && !path.startsWith('test/gate/'))
    .map(([, text]) => text)
    .join('\n');
  const words = new Set(tests.match(/[\w-]+/g));
  return [...registry.commands.keys()].filter(
    (type) => ![type, camel(type), kebab(type)].some((name) => words.has(name)),
  );
}
