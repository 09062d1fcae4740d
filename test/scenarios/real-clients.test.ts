import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { buildClientSchema, getIntrospectionQuery, lexicographicSortSchema, printSchema } from 'graphql';
import { auditServer } from 'graphql-http';
import { createClient as createSseClient } from 'graphql-sse';
import { operations, registry } from '#compose/contexts.ts';
import { executableSchema, schemaDocument } from '#read-api/schema/document.ts';
import { openDoor } from '../bad-input/door.ts';

// The platform as the libraries of others see it.

const { inhabited } = await openDoor();
const { api, sessions } = inhabited;
const url = `${inhabited.url}/graphql`;

// Before any test is given: the platform ends when those are done that are known by then.
// An auction and a lot of one name, side by side.
const usd = (amount: string) => ({ amount, currency: 'USD' });
await api.accepted(
  sessions.sam,
  'auctions/consign-lot',
  {
    ...{ lotId: 'clock', title: 'A clock', description: '', categories: [], pictures: [] },
    ...{ estimateLow: usd('100'), estimateHigh: usd('900'), openingBid: usd('100') },
  },
  'clock',
);
const times = { opensAt: '2098-12-24T12:00:00.000Z', endsAt: '2098-12-31T12:00:00.000Z' };
const { token } = await api.accepted(
  sessions.sam,
  'auctions/schedule-auction',
  { auctionId: 'clock', lotId: 'clock', saleId: 'spring', ...times },
  'clock',
);

const guide = readFileSync(resolve(import.meta.dirname, '../../docs/guides/reading.md'), 'utf8');

test('the audit of GraphQL over HTTP finds nothing that must, should or may be otherwise in as many points as are told', async () => {
  const results = await auditServer({ url });
  const otherwise = results.flatMap((result) =>
    result.status === 'ok' ? [] : [`${result.id} ${result.name}: ${result.reason}`],
  );
  assert.deepEqual(otherwise, []);
  assert.match(guide, new RegExp(`\\(${results.length} points that`));
});

async function introspected() {
  const asked = { query: getIntrospectionQuery({ inputValueDeprecation: true }) };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(asked),
  });
  const { data } = (await response.json()) as { readonly data: Parameters<typeof buildClientSchema>[0] };
  return data;
}

test('tools that ask the platform for its schema get the one that answers', async () => {
  const printed = printSchema(lexicographicSortSchema(buildClientSchema(await introspected())));
  const own = lexicographicSortSchema(executableSchema(schemaDocument(registry, operations)));
  assert.equal(printed, printSchema(own));
});

interface Both {
  readonly auction: { readonly id: string; readonly auctionId: string; readonly phase: string };
  readonly lot: { readonly id: string; readonly lotId: string; readonly phase: string };
}
const BOTH = gql`
  query ($at: Token) {
    auction(auctionId: "clock", atLeast: $at) { __typename id auctionId phase }
    lot(lotId: "clock", atLeast: $at) { __typename id lotId phase }
  }
`;
const AGAIN = gql`
  query ($id: ID!) { node(id: $id) { __typename id ... on Auction { auctionId phase bids } } }
`;
interface Again {
  readonly node: Both['auction'] & { readonly bids: number };
}
const both = (auction: string, lot: string): Both => ({
  auction: { id: auction, auctionId: 'clock', phase: 'scheduled', __typename: 'Auction' } as Both['auction'],
  lot: { id: lot, lotId: 'clock', phase: 'offered', __typename: 'Lot' } as Both['lot'],
});

/** How stores of clients name what they keep: by type and id, or by id alone, as Relay's does. */
const stores: Readonly<Record<string, () => InMemoryCache>> = {
  'by type and id': () => new InMemoryCache(),
  'by id alone': () =>
    new InMemoryCache({ dataIdFromObject: ({ id }) => (id === undefined ? undefined : String(id)) }),
};
for (const [how, store] of Object.entries(stores))
  test(`Apollo’s store ${how} keeps an auction and a lot of one name apart, and asks anew for either`, async () => {
    const client = new ApolloClient({ link: new HttpLink({ uri: url }), cache: store() });
    const { data } = await client.query<Both>({ query: BOTH, variables: { at: token } });
    const { auction, lot } = data ?? assert.fail('nothing was answered');
    const kept = client.readQuery<Both>({ query: BOTH, variables: { at: token } });
    assert.deepEqual(kept, both(auction.id, lot.id));
    assert.equal(Object.keys(client.extract() as object).filter((name) => name.includes(lot.id)).length, 1);
    const again = await client.query<Again>({ query: AGAIN, variables: { id: auction.id } });
    assert.deepEqual(again.data?.node, { ...both(auction.id, lot.id).auction, bids: 0 });
    client.stop();
  });

test('urql’s normalising store does too, knowing the schema', async (t) => {
  t.mock.method(console, 'warn', (problem: unknown) => assert.fail(String(problem)));
  t.mock.method(console, 'error', (problem: unknown) => assert.fail(String(problem)));
  const schema = (await introspected()) as never;
  const client = new Client({ url, exchanges: [cacheExchange({ schema }), fetchExchange] });
  const variables = { at: token };
  const { data } = await client.query<Both>(BOTH, variables).toPromise();
  const { auction, lot } = data ?? assert.fail('nothing was answered');
  const kept = client.readQuery<Both>(BOTH, variables);
  assert.deepEqual(kept?.data, both(auction.id, lot.id));
  const again = await client.query<Again>(AGAIN, { id: auction.id }).toPromise();
  assert.deepEqual(again.data?.node, { ...both(auction.id, lot.id).auction, bids: 0 });
});

test('the client of GraphQL over SSE follows an auction, and is told the end of a feed that is none', async () => {
  const client = createSseClient({ url, retryAttempts: 0 });
  const asked = client.iterate<Both>({ query: '{ auction(auctionId: "clock") { id auctionId } }' });
  const { auction } = (await asked.next()).value?.data ?? assert.fail('nothing was answered');
  const follow = (auctionId: string) =>
    client.iterate({
      query: 'subscription ($id: ID!) { auctionFeed(auctionId: $id) { auction { id auctionId } } }',
      variables: { id: auctionId },
    });
  for await (const { data, errors } of follow('clock')) {
    assert.deepEqual([data, errors], [{ auctionFeed: { auction } }, undefined]);
    break;
  }
  const answers = await Array.fromAsync(follow('nowhere'));
  assert.deepEqual(
    answers.map(({ errors }) => errors?.map(({ extensions }) => extensions?.code)),
    [['not_found']],
  );
  client.dispose();
});
