import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, type GraphQLObjectType, getNamedType, isNonNullType, isObjectType } from 'graphql';
import { z } from 'zod';
import { operations, registry } from '#compose/contexts.ts';
import { instant } from '#domain/kernel/instant.ts';
import { SIGNATURE_HEADER } from '#domain/kernel/ports/payments.ts';
import { sign } from '#domain/kernel/signature.ts';
import { schemaDocument } from '#read-api/schema/document.ts';
import { openDoor, WEBHOOK_SECRET } from '../bad-input/door.ts';
import { everybody, type Person } from '../support/inhabited.ts';

// Things of every type by their global ids, on the whole platform: `node` is another name for the type's own query.

const door = await openDoor();
const { inhabited } = door;
const { sessions, payments, url, api } = inhabited;
const schema = buildSchema(schemaDocument(registry, operations).text);
const nodes = operations.flatMap((context) => context.nodes);
const queries = operations.flatMap((context) => Object.entries(context.queries));

const Answer = z.object({
  // Never null as a whole: what is refused is null by itself.
  data: z.record(z.string(), z.unknown()),
  errors: z
    .array(
      z.object({
        path: z.array(z.union([z.string(), z.int()])).optional(),
        extensions: z.object({ code: z.string() }),
      }),
    )
    .default([]),
});
async function ask(query: string, variables: object, as?: Person): Promise<z.output<typeof Answer>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(as !== undefined && { authorization: sessions[as].authorization }),
    },
    body: JSON.stringify({ query, variables }),
  });
  return Answer.parse(await response.json());
}

// A hold that is open, and a bid that was turned away, which is between its bidder and the house.
for (const amount of ['500', '400']) {
  const maximum = { amount, currency: 'USD' };
  await api.command(sessions.ann, 'auctions/place-bid', { auctionId: 'open-1', maximum }, amount);
}
// A payment of Dan's that his bank takes back, which he owes for a moment at least, and a notice that nobody can read.
async function tell(notice: object): Promise<void> {
  const body = Buffer.from(JSON.stringify(notice));
  const headers = { [SIGNATURE_HEADER]: sign(WEBHOOK_SECRET, instant(Date.parse(inhabited.now)), body) };
  assert.equal((await door.send({ path: '/webhooks/payments', body, headers })).status, 200);
}
await tell({ type: 'dispute' });
const back = { noticeId: 'back-1', paymentId: payments[3], outcome: 'top_up_returned' };
await tell({ ...back, amount: '5', currency: 'USD' });
for (let look = 0; look < 200; look++)
  if ((await ask('{ debt(currency: "USD") { person } }', {}, 'dan')).data.debt !== null) break;
  else await new Promise((resolve) => setTimeout(resolve, 20));
const Now = z.object({ now: z.string() });
const { now } = await api.ask(Now, '{ now }', {});
// Every view holds all of it, so that no answer below changes while it is compared.
const everyView = [
  ...[
    'auctions',
    'myBids',
    'sales',
    'lots',
    'wallets',
    'payments',
    'platformAccounts',
    'clearingOpen',
    'unclaimedOfAll',
    'debtsOfAll',
    'waitingNotices',
    'payoutsUnderWay',
  ].map((page) => `${page}(atLeast: $at) { edges { cursor } }`),
  ...['holds', 'statement'].map((page) => `${page}(currency: "USD", atLeast: $at) { edges { cursor } }`),
  'ledger(currency: "USD", atLeast: $at) { id }',
  'settlement(auctionId: "sold-1", atLeast: $at) { id }',
];
const ofAccounts = [
  ...['accounts', 'clients', 'sessions'].map((page) => `${page}(atLeast: $at) { edges { cursor } }`),
  'profile(atLeast: $at) { id }',
];
const asked = [
  ...everyView.map((view) => ['ida', view] as const),
  ...ofAccounts.map((view) => ['adam', view] as const),
];
for (const [as, view] of asked) {
  const { errors } = await ask(`query ($at: Token) { ${view} }`, { at: now }, as);
  assert.deepEqual(errors, []);
}

const overseers = ['ida', 'ines'] as const;
const anyone = [undefined, ...everybody] as const;

/** Who lists things of each type, and how (`*` stands for what is asked of each), and who may see such a one. */
const listings: Readonly<
  Record<string, readonly [as: Person, query: string, seenBy: readonly (Person | undefined)[]]>
> = {
  Auction: ['ann', 'auctions(first: 100) { edges { node { * } } }', anyone],
  Bid: ['ann', 'myBids(status: [rejected]) { edges { node { * } } }', ['ann', ...overseers]],
  Sale: ['ann', 'sales { edges { node { * } } }', anyone],
  Lot: ['ann', 'lots { edges { node { * } } }', anyone],
  Settlement: [
    'otto',
    'settlement(auctionId: "sold-1") { * }',
    ['ann', 'sam', 'otto', 'clara', ...overseers],
  ],
  Wallet: ['ann', 'wallets { edges { node { * } } }', ['ann', ...overseers]],
  Hold: ['ann', 'holds(currency: "USD") { edges { node { * } } }', ['ann', ...overseers]],
  StatementEntry: ['ann', 'statement(currency: "USD") { edges { node { * } } }', ['ann', ...overseers]],
  Payment: ['ann', 'payments { edges { node { * } } }', ['ann', ...overseers]],
  Debt: ['dan', 'debt(currency: "USD") { * }', ['dan', ...overseers]],
  WaitingNotice: ['otto', 'waitingNotices { edges { node { * } } }', ['otto', 'clara', ...overseers]],
  UnclaimedMoney: ['sam', 'unclaimedMoney { edges { node { * } } }', ['sam', ...overseers]],
  PlatformAccountBalance: ['ida', 'platformAccounts { edges { node { * } } }', overseers],
  Account: ['ann', 'account { * }', ['ann', 'adam']],
  Profile: ['ann', 'profile { * }', ['ann', 'adam']],
  Session: ['ann', 'sessions { edges { node { * } } }', ['ann']],
  Client: ['adam', 'clients { edges { node { * } } }', ['adam']],
  Ledger: ['ida', 'ledger(currency: "USD") { * }', overseers],
  Clearing: ['ida', `clearing(movement: "${payments[0]}", currency: "USD") { * }`, overseers],
};

/** All that a type says of itself, marked fields too; what is listed below it has arguments, and is read on its own. */
function everythingOf(type: GraphQLObjectType): string {
  const fields = Object.values(type.getFields()).filter(({ args }) => args.length === 0);
  const texts = fields.map(({ name, type: its }) => {
    const inner = getNamedType(its);
    return isObjectType(inner) ? `${name} { ${everythingOf(inner)} }` : name;
  });
  return ['__typename', ...texts].join(' ');
}

type Thing = Readonly<Record<string, unknown>> & { readonly id: string };
const isThing = (value: unknown): value is Thing =>
  typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';

/** The first thing in an answer. */
function thingIn(value: unknown): Thing | undefined {
  if (isThing(value)) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.values(value).map(thingIn).find(Boolean);
}

test('a type has a field `id` exactly if it is a node, and the id is there for everybody who sees the thing', () => {
  const identified = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => type.getFields().id !== undefined);
  assert.deepEqual(identified.map(({ name }) => name).sort(), nodes.map(({ type }) => type).sort());
  for (const type of identified) {
    assert.deepEqual(
      type.getInterfaces().map(({ name }) => name),
      ['Node'],
    );
    assert.ok(isNonNullType(type.getFields().id?.type), type.name);
  }
  assert.deepEqual(Object.keys(listings).sort(), nodes.map(({ type }) => type).sort());
});

for (const { type, read, key } of nodes)
  test(`${type}: \`node\` gives everybody what the query of its own gives them`, async () => {
    const [name] = queries.find(([, query]) => query === read) ?? [];
    const args = schema.getQueryType()?.getFields()[name ?? '']?.args ?? [];
    const [lister, listing, seenBy] = listings[type] ?? assert.fail(`nobody lists ${type}`);
    const known = ['id', ...key].join(' ');
    const listed = await ask(`{ ${listing.replace('*', known)} }`, {}, lister);
    const thing = thingIn(listed.data) ?? assert.fail(`no ${type} in ${JSON.stringify(listed)}`);
    assert.match(thing.id, /^[A-Za-z0-9_-]{1,512}$/);

    const own = key.map((each) => args.find((arg) => arg.name === each) ?? assert.fail(each));
    const fields = everythingOf(schema.getType(type) as GraphQLObjectType);
    const question = `query ($id: ID!, $ids: [ID!]!, ${own.map((arg) => `$${arg.name}: ${arg.type}`)}) {
      own: ${name}(${key.map((each) => `${each}: $${each}`)}) { ${fields} }
      node(id: $id) { ... on ${type} { ${fields} } }
      nodes(ids: $ids) { ... on ${type} { ${fields} } }
    }`;
    const variables = { ...thing, ids: [thing.id] };
    const shownTo: (Person | undefined)[] = [];
    for (const as of anyone) {
      const { data, errors } = await ask(question, variables, as);
      const noOf = (root: string) => errors.find(({ path }) => path?.[0] === root)?.extensions.code;
      const [byList] = z.array(z.unknown()).parse(data.nodes ?? []);
      assert.deepEqual([data.node, byList], [data.own, data.own], `${as}: ${JSON.stringify(errors)}`);
      assert.deepEqual([noOf('node'), noOf('nodes')], [noOf('own'), noOf('own')], String(as));
      if (isThing(data.own)) {
        shownTo.push(as);
        assert.equal(data.own.id, thing.id, 'the same thing has the same id, whoever asks and however');
      }
    }
    assert.deepEqual(shownTo.toSorted(), seenBy.toSorted());
  });

const idOf = (content: unknown): string => Buffer.from(JSON.stringify(content)).toString('base64url');
const good = idOf(['Lot', { lotId: 'lot-1' }]);
const noIds: Readonly<Record<string, readonly [id: string, code: string | undefined]>> = {
  'of nothing that is there': [idOf(['Lot', { lotId: 'nowhere' }]), undefined],
  'that is a business id': ['lot-1', 'invalid'],
  'that is empty': ['', 'invalid'],
  'that is too long': ['x'.repeat(513), 'invalid'],
  'of a type that is none': [idOf(['Nothing', { lotId: 'lot-1' }]), 'invalid'],
  'of a type that has no identity': [idOf(['PageInfo', {}]), 'invalid'],
  'of the prototype': [idOf(['constructor', { lotId: 'lot-1' }]), 'invalid'],
  'with a business id that is none': [idOf(['Lot', { lotId: '../etc' }]), 'invalid'],
  'without a business id': [idOf(['Lot', {}]), 'invalid'],
  'with more than a business id': [idOf(['Lot', { atLeast: 'x', lotId: 'lot-1' }]), 'invalid'],
  'with a key of the prototype': [idOf(['Lot', { ['__proto__']: 'x', lotId: 'lot-1' }]), 'invalid'],
  'of nested lists': [Buffer.from('['.repeat(350)).toString('base64url'), 'invalid'],
  'of half a character': [idOf(['Lot', { lotId: '\ud800' }]), 'invalid'],
  'written another way': [Buffer.from('["Lot", {"lotId":"lot-1"}]').toString('base64url'), 'invalid'],
  'with padding': [`${good}==`, 'invalid'],
  'that leaves out whose it is': [idOf(['Wallet', { currency: 'USD' }]), undefined],
};
for (const [what, [id, code]] of Object.entries(noIds))
  test(`an id ${what} is ${code ?? 'null'}`, async () => {
    const { data, errors } = await ask('query ($id: ID!) { node(id: $id) { id } now }', { id }, 'ann');
    assert.equal(data.node, null);
    assert.equal(errors[0]?.extensions.code, code);
    assert.equal(typeof data.now, 'string', 'what stands beside it is answered');
  });

test('one id that is none leaves the other things of a list in their places', async () => {
  const ids = [good, 'lot-1', idOf(['Ledger', { currency: 'USD' }]), idOf(['Sale', { saleId: 'spring' }])];
  const { data, errors } = await ask(
    'query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }',
    { ids },
    'ann',
  );
  assert.deepEqual(data.nodes, [
    { id: ids[0], __typename: 'Lot' },
    null,
    null,
    { id: ids[3], __typename: 'Sale' },
  ]);
  assert.deepEqual(
    errors.map(({ path, extensions }) => [path, extensions.code]),
    [
      [['nodes', 1], 'invalid'],
      [['nodes', 2], 'forbidden'],
    ],
  );
});

test('a list takes a hundred ids, waits for a token, and is asked for nothing by none', async () => {
  const listed = async (ids: readonly string[], atLeast?: string) =>
    ask(
      'query ($ids: [ID!]!, $at: Token) { nodes(ids: $ids, atLeast: $at) { id } }',
      { ids, at: atLeast },
      'ann',
    );
  const hundred = Array.from({ length: 100 }, () => good);
  const { data } = await listed(hundred, now);
  assert.equal(JSON.stringify(data.nodes), JSON.stringify(hundred.map((id) => ({ id }))));
  assert.deepEqual((await listed([])).data.nodes, []);
  const more = await listed([...hundred, good]);
  assert.deepEqual([more.data.nodes, more.errors[0]?.extensions.code], [null, 'invalid']);
});
