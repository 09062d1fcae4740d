import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { getIntrospectionQuery } from 'graphql';
import { readManifest } from '#read-api/transport/kept-operations.ts';
import { type Asked, bothWays } from '../support/both-ways.ts';
import { startHere } from '../support/embedded.ts';
import { productionSetup } from '../support/production.ts';

// In production the schema is told to nobody, and where it is set so, nothing is done but operations that were kept beforehand: over
// every transport.

const { folder, environment, authorization } = await productionSetup();
const member = await authorization('ann', 'bidder');
const text = 'query Page($first: Int = 3) { auctions(first: $first) { edges { cursor } } }';
const huge = 'query Huge($first: Int) { auctions(first: $first) { edges { node { id } } } }';
const hash = (of: string) => createHash('sha256').update(of).digest('hex');
const [page, costly] = [hash(text), hash(huge)];
const KEPT_OPERATIONS_FILE = join(folder, 'operations.json');
await writeFile(
  KEPT_OPERATIONS_FILE,
  JSON.stringify({ [page]: text, [costly]: huge, fee: '{ fees { id } }' }),
);

const start = (more: Record<string, string>) =>
  startHere({
    ...environment,
    DATA_DIR: join(folder, Object.keys(more).join('-')),
    KEPT_OPERATIONS_FILE,
    ...more,
  });
const [open, closed] = [await start({ LOG_LEVEL: 'fatal' }), await start({ KEPT_OPERATIONS_ONLY: 'true' })];
const [anything, only] = [bothWays(open.url, member), bothWays(closed.url, member)];
after(() => Promise.all([anything.close(), only.close()]));

const persisted = (sha256Hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } });
const asked: readonly (readonly [
  what: string,
  asked: Asked,
  whereAnything: 'done' | string,
  whereOnlyKept: 'done' | string,
])[] = [
  ['the id of one', { documentId: page }, 'done', 'done'],
  ['the id of one with its scheme', { documentId: `sha256:${page}` }, 'done', 'done'],
  ['the hash of one', persisted(page), 'done', 'done'],
  ['the hash of one, with its variables', { ...persisted(page), variables: { first: 1 } }, 'done', 'done'],
  ['the hash of one beside its text', { ...persisted(page), query: text }, 'done', 'done'],
  [
    'the hash of one beside another text',
    { ...persisted(page), query: '{ now }' },
    'operation_unknown',
    'operation_unknown',
  ],
  ['a hash that nobody knows', persisted(hash('x')), 'operation_unknown', 'operation_unknown'],
  [
    'a hash that nobody knows beside its text',
    { ...persisted(hash('{ now }')), query: '{ now }' },
    'done',
    'operation_unknown',
  ],
  ['a text', { query: '{ now }' }, 'done', 'operation_unknown'],
  ['the text of one without its id', { query: text }, 'done', 'operation_unknown'],
  ['a name of the prototype', { documentId: '__proto__' }, 'operation_unknown', 'operation_unknown'],
  [
    'one that asks for too much',
    { documentId: costly, variables: { first: 1_000_000 } },
    'invalid',
    'invalid',
  ],
  ['one that the schema does not know any more', { documentId: 'fee' }, 'invalid', 'invalid'],
  ['a question about the schema', { query: getIntrospectionQuery() }, 'invalid', 'operation_unknown'],
  [
    'a question about one type',
    { query: '{ a: __type(name: "Auction") { name } }' },
    'invalid',
    'operation_unknown',
  ],
];
for (const [what, question, whereAnything, whereOnlyKept] of asked)
  test(`${what}: ${whereAnything}; where only what is kept is taken: ${whereOnlyKept}`, async () => {
    for (const [{ ways }, expected] of [
      [anything, whereAnything],
      [only, whereOnlyKept],
    ] as const)
      for (const [way, ask] of ways) {
        const { data, errors } = await ask(question);
        const told = data ? 'done' : errors?.[0]?.extensions?.code;
        assert.equal(told, expected, `${way}: ${JSON.stringify(errors)}`);
      }
  });

test('a mistake is answered without a word of the schema', async () => {
  for (const [way, ask] of anything.ways)
    for (const query of [
      '{ auctionz { edges { cursor } } }',
      '{ auctions(sort: newes) { edges { cursor } } }',
    ]) {
      const told = JSON.stringify((await ask({ query })).errors);
      assert.match(told, /auctionz|enum/, way);
      assert.doesNotMatch(told, /Did you mean|newes/, way);
    }
});

test('over HTTP its status says it too, and an address may ask for one', async () => {
  const get = (query: string) =>
    fetch(`${closed.url}/graphql?${query}`, { headers: { authorization: member } });
  const answer = await get(`documentId=${page}&variables=${encodeURIComponent('{"first":2}')}`);
  assert.deepEqual([answer.status, Object.keys(await answer.json())], [200, ['data']]);
  assert.equal((await get('documentId=none')).status, 404);
  assert.equal((await get('query={now}')).status, 404);
});

test('manifests of Apollo’s tools are read, and what is wrong with one is said', () => {
  const apollo = { format: 'apollo-persisted-query-manifest', version: 1 };
  const operations = [{ id: 'a', name: 'A', type: 'query', body: '{ now }' }];
  assert.deepEqual(readManifest({ ...apollo, operations }), new Map([['a', '{ now }']]));
  for (const [json, says] of [
    [[], /no manifest/],
    [{ a: 7 }, /no manifest/],
    [{ a: '{ now' }, /^TypeError: a: Syntax Error/],
    [{ ...apollo, operations: [...operations, ...operations] }, /twice/],
  ] as const)
    assert.throws(() => readManifest(json), says);
});
