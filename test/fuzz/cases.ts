import { registry } from '#compose/contexts.ts';
import { messageSchemas } from '#domain/kernel/json-schema.ts';
import { type CommandPath, commandPaths } from '#write-side/rest/paths.ts';
import { everybody, type Person, people } from '../support/inhabited.ts';
import { type Chance, chance } from './chance.ts';
import { type Operation, operationOn, type RootField, type Target, targets } from './documents.ts';
import { garbled, scrambled, spoiled } from './noise.ts';
import { type Values, valuesOf, type World } from './values.ts';

// From a seed and a number to one case, the same every time: what is sent, by whom, over which transport.

/** One request; over a socket, its messages after the greeting. */
export type Sending =
  | {
      readonly over: 'rest' | 'graphql' | 'sse';
      readonly method: 'GET' | 'POST';
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Buffer;
      /** Whether the answer has no end. */
      readonly feed: boolean;
    }
  | { readonly over: 'websocket'; readonly messages: readonly (string | Buffer)[]; readonly feed: boolean };

export interface FuzzCase {
  readonly number: number;
  /** `PlaceBid by rest`, `Query.auctions by sse`. */
  readonly subject: string;
  readonly as: Person | undefined;
  readonly sending: Sending;
  /** Whether nothing was done to it that makes it wrong by its form. */
  readonly clean: boolean;
  /** The command it carries, where it does. */
  readonly command?: { readonly type: string; readonly commandId: string };
  /** The GraphQL operation as it was before anything was done to it. */
  readonly operation?: Operation;
}

const schemas = messageSchemas(registry);
const paths = commandPaths(registry);
const mutationOf = (type: string): string => type.charAt(0).toLowerCase() + type.slice(1);
const commandOf = new Map(paths.map((path) => [mutationOf(path.command.type), path]));
/** Each command by REST, then each field by GraphQL, in turn: none is left out for long. */
const JSON_TYPE = 'application/json';
const BOTH = 'application/graphql-response+json, application/json';

/** Who may, mostly; among them whoever the things of the world belong to. */
function sender(roles: readonly string[], chance: Chance, first: boolean): Person | undefined {
  // Nobody else may look at everybody's things.
  if (first && roles.length === 0) return 'ines';
  if (!first && chance.percent(4)) return undefined;
  if (!first && chance.percent(10)) return chance.pick(everybody);
  const may = everybody.filter((name) => people[name].some((role) => roles.includes(role)));
  if (may.includes('sam') && chance.percent(45)) return 'sam';
  return may.length === 0 ? chance.pick(everybody) : chance.pick(may);
}

/** Mostly of its own; sometimes that of another case, which was perhaps of another payload. */
function commandIdOf(number: number, chance: Chance): string {
  if (chance.percent(94)) return `f-${number}`;
  return chance.percent(60)
    ? `f-${chance.below(number + 1)}`
    : chance.pick(['', 'x'.repeat(65), 'ø', '__proto__']);
}

function dataOf({ command }: CommandPath, values: Values): Record<string, unknown> {
  return values.of(schemas.commands[command.type] ?? {}) as Record<string, unknown>;
}

function headersOf(type: string, chance: Chance): Record<string, string> {
  if (chance.percent(97)) return { 'content-type': type };
  return chance.pick<Record<string, string>>([
    {},
    { 'content-type': 'text/plain' },
    { 'content-type': `${type}; charset=utf-16` },
    { 'content-type': type, 'content-encoding': 'gzip' },
    { 'content-type': 'multipart/form-data' },
  ]);
}

/** What is done to a message's text or bytes; rarely both. */
function damaged(text: string, chance: Chance): Buffer {
  if (chance.percent(50)) return Buffer.from(garbled(text, chance));
  return scrambled(Buffer.from(text), chance);
}

const isVisible = (text: string): boolean => /^[\x21\x23-\x7e]{1,64}$/.test(text);

function byRest(path: CommandPath, number: number, values: Values, chance: Chance, first: boolean): FuzzCase {
  const { command } = path;
  const commandId = commandIdOf(number, chance);
  const clean = first || chance.percent(60);
  const data = dataOf(path, values);
  const text = JSON.stringify(clean || chance.percent(15) ? data : spoiled(data, chance));
  const broken = !clean && chance.percent(15);
  const body = broken ? damaged(text, chance) : Buffer.from(text ?? '');
  // What no header can carry is left to the tests on raw sockets.
  const key = isVisible(commandId) || /^x+$/.test(commandId) ? { 'idempotency-key': commandId } : {};
  return {
    number,
    subject: `${command.type} by rest`,
    as: sender(typeof command.from === 'string' ? [] : command.from, chance, first),
    clean,
    command: { type: command.type, commandId },
    sending: {
      over: 'rest',
      method: 'POST',
      path: path.path,
      headers: { ...(clean ? { 'content-type': JSON_TYPE } : headersOf(JSON_TYPE, chance)), ...key },
      body,
      feed: false,
    },
  };
}

const protocol: readonly unknown[] = [
  { type: 'ping', payload: { a: 1 } },
  { type: 'pong' },
  { type: 'complete', id: '1' },
  { type: 'complete', id: 'unknown' },
  { type: 'connection_init' },
  { type: 'connection_ack' },
  { type: 'next', id: '1', payload: {} },
  { type: 'subscribe', id: '' },
  { type: 'subscribe', id: '2', payload: null },
  { type: 'subscribe', id: '__proto__', payload: { query: '{ now }' } },
  { type: 'nonsense' },
  [],
  null,
];

function messagesOf(payload: unknown, clean: boolean, chance: Chance): readonly (string | Buffer)[] {
  const subscribe = JSON.stringify({ id: '1', type: 'subscribe', payload });
  if (clean) return [subscribe];
  switch (chance.below(5)) {
    case 0:
      return [damaged(subscribe, chance)];
    case 1:
      return [JSON.stringify(chance.pick(protocol)), subscribe];
    case 2:
      return [subscribe, JSON.stringify(chance.pick(protocol))];
    case 3:
      return [subscribe, subscribe];
    default:
      return [JSON.stringify(spoiled({ id: '1', type: 'subscribe', payload }, chance))];
  }
}

function sendingOf(root: RootField['root'], payload: object, clean: boolean, chance: Chance): Sending {
  const socket = root === 'subscription' ? 55 : 25;
  const feed = root === 'subscription';
  if (chance.percent(socket))
    return { over: 'websocket', messages: messagesOf(payload, clean, chance), feed };
  const sse = feed || chance.percent(15);
  const accept = sse ? 'text/event-stream' : BOTH;
  if (clean && root === 'query' && chance.percent(10)) {
    const { query, variables } = payload as Operation;
    const asked = new URLSearchParams({ query, variables: JSON.stringify(variables) });
    const path = `/graphql?${asked}`;
    if (path.length < 8_000)
      return { over: 'graphql', method: 'GET', path, headers: { accept: BOTH }, body: Buffer.alloc(0), feed };
  }
  const text = JSON.stringify(payload);
  const type = clean ? { 'content-type': JSON_TYPE } : headersOf(JSON_TYPE, chance);
  return {
    over: sse ? 'sse' : 'graphql',
    method: 'POST',
    path: '/graphql',
    headers: { ...type, accept },
    body: clean || chance.percent(70) ? Buffer.from(text) : damaged(text, chance),
    feed,
  };
}

/** Something done to an operation: to its variables, its text, or what stands beside them. */
function spoiledPayload(operation: Operation, chance: Chance): object {
  const { query, variables } = operation;
  switch (chance.below(4)) {
    case 0:
      return { query: garbled(query, chance), variables };
    case 1:
      return spoiled({ query, variables, operationName: 'Fuzzed', extensions: {} }, chance) as object;
    default:
      return { query, variables: spoiled(variables, chance) };
  }
}

function byGraphql(
  { from, way }: Target,
  number: number,
  values: Values,
  chance: Chance,
  first: boolean,
): FuzzCase {
  const clean = first || chance.percent(55);
  const path = from.root === 'mutation' ? commandOf.get(from.name) : undefined;
  const commandId = commandIdOf(number, chance);
  const given = path === undefined ? undefined : { commandId, ...dataOf(path, values) };
  const operation = operationOn(from, chance, values, { way, bare: first, ...(given && { given }) });
  const payload = clean
    ? { query: operation.query, variables: operation.variables }
    : spoiledPayload(operation, chance);
  const sending = sendingOf(from.root, payload ?? {}, clean, chance);
  return {
    number,
    subject: `${from.root} ${from.name} by ${sending.over}`,
    as: sender(from.roles, chance, first),
    clean,
    sending,
    operation,
    ...(path && { command: { type: path.command.type, commandId } }),
  };
}

/** The case of a number. The same seed and the same world make the same cases. */
export function caseOf(seed: number, number: number, world: World): FuzzCase {
  const own = chance(seed, number);
  const turn = Math.floor(number / 2);
  const values = valuesOf(own, world, number, schemas, turn < targets.length);
  const path = paths[turn % paths.length];
  const target = targets[turn % targets.length];
  if (path === undefined || target === undefined) throw new Error('there is nothing to ask for');
  // The first time that it is its turn, everything is met as it should be; then come the noises.
  if (number % 2 === 0) return byRest(path, number, values, own, turn < paths.length);
  return byGraphql(target, number, values, own, turn < targets.length);
}

/**
 * The numbers from `from` on of the cases whose turn something is: `PlaceBid by rest`, `PlaceBid by graphql`, or a field of the
 * schema, `Auction.price`.
 */
export function turnsOf(what: string, from: number, most: number): readonly number[] {
  const [type = '', transport] = what.split(' by ');
  const byRestAt = transport === 'rest' ? paths.findIndex(({ command }) => command.type === type) : -1;
  const coordinate = transport === undefined ? what : `Mutation.${mutationOf(type)}`;
  const [at, round, odd] =
    byRestAt >= 0
      ? [byRestAt, paths.length, 0]
      : [targets.findIndex((each) => each.coordinate === coordinate), targets.length, 1];
  const first = Math.max(0, Math.ceil((from / 2 - at) / round));
  return Array.from({ length: most }, (_, turn) => 2 * (at + (first + turn) * round) + odd);
}
