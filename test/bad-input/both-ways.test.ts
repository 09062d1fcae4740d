import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { bothWays } from '../support/both-ways.ts';
import { startHere } from '../support/embedded.ts';

// Operations that ask for too much are refused in the same words over HTTP and over a socket, wherever the number stands that says
// how much.

const { url } = await startHere({});
const { ways, close } = bothWays(url);
after(close);

type Asked = readonly [query: string, variables?: Readonly<Record<string, unknown>>];

const times = (count: number, text: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => text(at)).join(' ');
const PAGE = '{ edges { node { id title phase } } }';
const MILLION = 1_000_000;

const refused: readonly (readonly [what: string, asked: Asked, says: RegExp])[] = [
  [
    '20 levels deep',
    [`{ auctions ${'{ edges { node '.repeat(10)}${'} }'.repeat(10)} }`],
    /deeper than 12 levels/,
  ],
  [
    '15 mutations under names of their own',
    [`mutation { ${times(15, (at) => `m${at}: openWallet(currency: "USD") { __typename }`)} }`],
    /more than 10 fields at its root/,
  ],
  [
    '15 questions in a fragment',
    [`{ ...f } fragment f on Query { ${times(15, (at) => `q${at}: now`)} }`],
    /more than 10 fields at its root/,
  ],
  ['a page of a million by a literal', [`{ auctions(first: ${MILLION}) ${PAGE} }`], /more than 20000 fields/],
  [
    'a page of a million by a variable',
    [`query ($n: Int) { auctions(first: $n) ${PAGE} }`, { n: MILLION }],
    /more than 20000 fields/,
  ],
  [
    'a page of a million by the default of a variable',
    [`query ($n: Int = ${MILLION}) { auctions(first: $n) ${PAGE} }`],
    /more than 20000 fields/,
  ],
  [
    'pages within pages by variables',
    [
      'query ($n: Int, $m: Int) { auctions(first: $n) { edges { node { bidHistory(first: $m) { edges { node { bidId id } } } } } } }',
      { n: 100, m: 100 },
    ],
    /more than 20000 fields/,
  ],
  [
    'pages of many things that a variable lists',
    [
      'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Auction { bidHistory(first: 100) { edges { node { bidId id } } } } } }',
      { ids: Array(100).fill('x') },
    ],
    /more than 20000 fields/,
  ],
  ['more than 2,000 tokens', [`{ ${'now '.repeat(2_100)} }`], /more than 2000 tokens/],
  [
    'more than 100 brackets in each other',
    [`{ a(b: ${'['.repeat(120)}${']'.repeat(120)}) }`],
    /100 levels of brackets/,
  ],
  [
    'the schema within itself',
    [`{ __schema { types { fields { type { fields { name } } } } } }`],
    /within fields/,
  ],
  [
    'a feed of a page too deep',
    [
      `subscription { auctionFeed(auctionId: "a") { auction ${'{ edges { node '.repeat(10)}${'} }'.repeat(10)} } }`,
    ],
    /deeper than 12 levels/,
  ],
];

for (const [what, asked, says] of refused)
  test(`${what} is refused over HTTP and over a socket, before anything of it is done`, async () => {
    const [query, variables = {}] = asked;
    for (const [, ask] of ways) {
      const answer = await ask({ query, variables });
      const [error] = answer.errors ?? assert.fail(JSON.stringify(answer));
      assert.match(error?.message ?? '', says);
      assert.equal(error?.extensions?.code, 'invalid');
      assert.ok(!answer.data, 'nothing of it was done');
    }
  });

const taken: readonly (readonly [what: string, asked: Asked])[] = [
  [
    'as many mutations as may be',
    [`mutation { ${times(10, (at) => `m${at}: openWallet(currency: "USD") { __typename }`)} }`],
  ],
  [
    'pages within pages that variables keep small',
    [
      'query ($n: Int, $m: Int = 5) { auctions(first: $n) { edges { node { bidHistory(first: $m) { edges { node { bidId id } } } } } } }',
      { n: 100 },
    ],
  ],
  ['a page by no number at all', [`query ($n: Int) { auctions(first: $n) ${PAGE} }`, { n: null }]],
];
for (const [what, asked] of taken)
  test(`${what} are taken over both`, async () => {
    const [query, variables = {}] = asked;
    for (const [way, ask] of ways) {
      const answer = await ask({ query, variables });
      assert.ok(answer.data, `${way}: ${JSON.stringify(answer)}`);
    }
  });
