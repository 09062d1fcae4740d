import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { z } from 'zod';
import type { Chance } from '../fuzz/chance.ts';
import { published } from '../fuzz/documents.ts';
import type { Inhabited, Person } from '../support/inhabited.ts';
import { closedWith, httpProblems, readAnswers, readFrames } from './answers.ts';
import type { Attack, Case, Scene } from './attack.ts';
import { opened, untilEnded, untilEnough, written } from './connection.ts';
import { socketTo } from './frames.ts';
import { graphql, subscribe } from './requests.ts';

// Cursors and tokens as they were handed out, and then bent: whatever a client can echo back is checked like a first input.

/** What a client echoes back, by the argument's type; and an id that stands for a thing of any type. */
const ECHOED: ReadonlySet<string> = new Set(['Cursor', 'Token']);
const GLOBAL_ID = 'node.id';
/** A global id as it is handed out. */
const SOME_ID = Buffer.from('["Auction",{"auctionId":"open-1"}]').toString('base64url');
const SHORT_MUTATIONS = 14;
const MUTATIONS = 200;
/** A token beyond the head is waited for, which takes its time. */
const FEED_MS = 7_000;

interface Place {
  readonly root: 'query' | 'subscription';
  readonly field: string;
  readonly argument: string;
  readonly type: string;
  readonly document: string;
}

/** What the arguments of a field have to be, by name, so that something is found. */
const knownIn = ({ payments }: Inhabited): Readonly<Record<string, string>> => ({
  paymentId: `"${payments[0]}"`,
  id: `"${SOME_ID}"`,
  ids: `["${SOME_ID}"]`,
  auctionId: '"open-1"',
  saleId: '"spring"',
  lotId: '"lot-1"',
  currency: '"USD"',
  movement: '"x"',
  stream: '"auction-open-1"',
});

/** The shortest selection of a type: its first field without arguments that holds nothing. */
function selectionOf(type: GraphQLObjectType): string {
  const leaf = Object.values(type.getFields()).find(({ type: inner }) => !isObjectType(getNamedType(inner)));
  return `{ __typename ${leaf?.name ?? ''} }`;
}

function documentOf(
  root: Place['root'],
  field: GraphQLField<unknown, unknown>,
  argument: string,
  type: string,
  known: Readonly<Record<string, string>>,
): string {
  const others = field.args.flatMap(({ name, type: needed, defaultValue }) => {
    if (name === argument || !isNonNullType(needed) || defaultValue !== undefined) return [];
    // What nobody knows here is asked for by a name that nothing has.
    const isText = ['ID', 'String'].includes(getNamedType(needed).name);
    const value = known[name] ?? (isText ? '"x"' : '0');
    return [`${name}: ${value}`];
  });
  const named = getNamedType(field.type);
  const selection = isObjectType(named) ? selectionOf(named) : isInterfaceType(named) ? '{ __typename }' : '';
  if (isEnumType(named)) return '';
  return `${root} ($it: ${type}) { ${field.name}(${[...others, `${argument}: $it`].join(', ')}) ${selection} }`;
}

/** Every argument of the schema that takes a cursor or a token. */
function places(world: Inhabited): readonly Place[] {
  const known = knownIn(world);
  const roots = [
    ['query', published.getQueryType()],
    ['subscription', published.getSubscriptionType()],
  ] as const;
  return roots.flatMap(([root, type]) =>
    Object.values(type?.getFields() ?? {}).flatMap((field) =>
      field.args.flatMap(({ name: argument, type: given }) => {
        const taken = getNamedType(given).name;
        if (!ECHOED.has(taken) && `${field.name}.${argument}` !== GLOBAL_ID) return [];
        const document = documentOf(root, field, argument, String(given), known);
        return [{ root, field: field.name, argument, type: taken, document }];
      }),
    ),
  );
}

/** Who sees most: an answer is to come to the cursor, and not to end at the door. */
const asks: readonly Person[] = ['ann', 'ines'];

const Pages = z.record(z.string(), z.object({ edges: z.array(z.object({ cursor: z.string() })) }).nullish());
const PAGES = `{
  auctions(first: 3) { edges { cursor } } sales(first: 3) { edges { cursor } } lots(first: 3) { edges { cursor } }
  wallets(first: 3) { edges { cursor } } statement(currency: "USD", first: 3) { edges { cursor } }
  payments(first: 3) { edges { cursor } } myBids(first: 3) { edges { cursor } }
}`;

/** What the platform has handed out: cursors by their list, and tokens of places in its history. */
interface HandedOut {
  readonly cursors: ReadonlyMap<string, readonly string[]>;
  readonly tokens: readonly string[];
}

async function handedOut(scene: Scene): Promise<HandedOut> {
  const { api, sessions, places: tokens } = scene.world;
  const pages = await api.ask(Pages, PAGES, {}, sessions.ann);
  const cursors = Object.entries(pages).map(
    ([list, page]) => [list, page?.edges.map(({ cursor }) => cursor) ?? []] as const,
  );
  return { cursors: new Map([...cursors, ['node', [SOME_ID]]]), tokens };
}

/** One that belongs to this place, where it has any of its own, and one that perhaps does not. */
function realFor({ field, type }: Place, { cursors, tokens }: HandedOut, choice: Chance) {
  const all = [...tokens, ...[...cursors.values()].flat()];
  const own = type === 'Token' ? tokens : (cursors.get(field) ?? []);
  return { own: choice.pick(own.length > 0 ? own : all), other: choice.pick(all) };
}

const NUMBERS = [
  ...['-1', '0', '1', '00', '1.5', '1e9', 'NaN', '9007199254740993', '2147483648', '4294967296'],
  ...[
    '9223372036854775807',
    '9223372036854775808',
    '18446744073709551616',
    '-9223372036854775809',
    '9'.repeat(38),
    '9'.repeat(400),
  ],
];
const WORDS = [
  '',
  'null',
  'true',
  '[]',
  '{}',
  '"x"',
  '__proto__',
  'é',
  '\u0000',
  '\u2603',
  "' OR 1=1 --",
  '$where',
];

const again = (text: string): string => Buffer.from(text).toString('base64url');

/** One of these stands where something else stood; the place is found by chance. */
function replaced(inside: string, what: RegExp, by: string, choice: Chance): string {
  const all = [...inside.matchAll(what)];
  if (all.length === 0) return again(`${inside}${by}`);
  const found = choice.pick(all);
  return again(inside.slice(0, found.index) + by + inside.slice(found.index + found[0].length));
}

const NUMBER = /-?\d+/g;
/** A whole text in quotes, or a number that stands alone: what a place is made of. */
const PART = /"[^"]*"|(?<=[[,:])-?\d+(?=[\],}])/g;

/** Just beyond what a store's whole number holds, and far beyond. */
const BEYOND = ['9223372036854775808', '-9223372036854775809', '9'.repeat(38)];
const PARTS = 3;

/** The first mutations are the same for every place: each part of what is inside in turn, by each number that is too large. */
function beyond(real: string, number: number): string | undefined {
  const by = BEYOND[Math.floor(number / PARTS)];
  const inside = Buffer.from(real, 'base64url').toString('utf8');
  const part = [...inside.matchAll(inside.startsWith('[') ? PART : NUMBER)][number % PARTS];
  if (by === undefined || part === undefined) return undefined;
  const told = part[0].startsWith('"') ? JSON.stringify(by) : by;
  return again(inside.slice(0, part.index) + told + inside.slice(part.index + part[0].length));
}

/** One mutation of what was handed out, of its text or of what is inside. */
function mutated(choice: Chance, real: string, other: string): string {
  const inside = Buffer.from(real, 'base64url').toString('utf8');
  const at = choice.below(real.length);
  const number = choice.pick(NUMBERS);
  const word = choice.pick(WORDS);
  const bends: readonly (() => string)[] = [
    () => replaced(inside, NUMBER, number, choice),
    () => replaced(inside, PART, JSON.stringify(number), choice),
    () => replaced(inside, PART, number, choice),
    () => replaced(inside, PART, JSON.stringify(word), choice),
    () => replaced(inside, NUMBER, word, choice),
    () => again(`${number}@${inside.split('@')[1] ?? 'x'}`),
    () => again(inside.slice(0, choice.below(inside.length + 1))),
    () => again(`[${inside}]`),
    () => again('['.repeat(300)),
    () => again(JSON.stringify(number)),
    () => other,
    () => real.slice(0, at),
    () => real.slice(at),
    () => real + real,
    () => `${real.slice(0, at)}${choice.pick(['A', '_', '=', ' ', '\u0000', '☃'])}${real.slice(at + 1)}`,
    () => real.toUpperCase(),
    () => real + choice.pick(['=', 'A', 'A'.repeat(300), 'A'.repeat(20_000)]),
    () => choice.pick([...NUMBERS, ...WORDS]),
  ];
  // What is inside is bent most: what no longer can be read is refused at once.
  return (choice.percent(70) ? choice.pick(bends.slice(0, 6)) : choice.pick(bends))();
}

async function asked(
  scene: Scene,
  { document }: Place,
  it: string,
  person: Person,
): Promise<readonly string[]> {
  const connection = await opened(scene);
  const { authorization } = scene.world.sessions[person];
  const fields = [`Authorization: ${authorization}`, 'Connection: close'];
  await written(connection.socket, graphql(scene.world, document, fields, { it }));
  const { bytes, problem } = await untilEnded(connection);
  const { answers } = readAnswers(bytes);
  return [
    ...(problem === undefined ? [] : [problem]),
    ...(answers.length === 1 ? [] : [`${answers.length} answers`]),
    ...httpProblems(bytes, scene),
  ];
}

/** A feed that begins there, or says why not; silence is a beginning, too. */
async function followed(
  scene: Scene,
  { document }: Place,
  it: string,
  isQuick: boolean,
): Promise<readonly string[]> {
  const connection = await socketTo(scene);
  await written(connection.socket, subscribe('1', document, { it }));
  const isSaid = (bytes: Buffer): boolean =>
    readFrames(readAnswers(bytes).rest).some(({ payload }) => /^\{"id":"1"/.test(payload.toString()));
  const bytes = await untilEnough(connection, isSaid, isQuick ? 500 : FEED_MS);
  connection.socket.destroy();
  const closed = closedWith(readFrames(readAnswers(bytes).rest));
  return [
    ...httpProblems(bytes, scene),
    ...(closed === undefined ? [] : [`a cursor has closed the socket with ${closed}`]),
  ];
}

export const cursorAttacks: Attack = {
  name: 'cursors',
  atOnce: 24,
  cases(world: Inhabited, { short, chance }) {
    // What is handed out has other times and ids in each run; how it is bent is chosen by the seed.
    let real: Promise<HandedOut> | undefined;
    return places(world).flatMap((place) =>
      Array.from({ length: short ? SHORT_MUTATIONS : MUTATIONS }, (_, number): Case => {
        const choice = chance.fork();
        return {
          name: `${place.field}.${place.argument}, mutation ${number}`,
          async run(scene) {
            real ??= handedOut(scene);
            const { own, other } = realFor(place, await real, choice);
            const it = beyond(own, number) ?? mutated(choice, own, other);
            const problems =
              place.root === 'query'
                ? await asked(scene, place, it, choice.pick(asks))
                : await followed(scene, place, it, short);
            return problems.map((problem) => `${problem}: given ${JSON.stringify(it.slice(0, 300))}`);
          },
        };
      }),
    );
  },
};
