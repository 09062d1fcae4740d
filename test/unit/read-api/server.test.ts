import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { AuctionOpened, BidAccepted } from '#domain/auctions/auction/messages.ts';
import { BidPlaced } from '#domain/auctions/participant/messages.ts';
import { tokenOf } from '#domain/kernel/token.ts';
import { terms } from '../../support/auctions.ts';
import { givenReadSide, type ReadSide } from '../../support/read-side.ts';

let readSide: ReadSide;
let socket: Client;
before(async () => {
  const dispatch = async () => {
    throw new Error('a secret of the engine');
  };
  readSide = await givenReadSide({ dispatch, limits: { depthLevels: 6, costFields: 5_000 } });
  socket = createClient({ url: readSide.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
  await readSide.append('auction-a1', AuctionOpened(terms));
});
after(async () => {
  await socket.dispose();
  await readSide.close();
});

interface Failure {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly details?: object };
}
type Outcome = { readonly errors?: readonly Failure[] };
type Ask = (query: string, variables: Record<string, unknown>, token?: string) => Promise<Outcome>;

/** Every way in, each answering with the first answer of an operation. */
const transports: Record<string, Ask> = {
  http: (query, variables, token) => readSide.ask(query, variables, token) as Promise<Outcome>,
  async sse(query, variables, token) {
    const response = await fetch(readSide.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    const data = /^data: (\{.*\})$/m.exec(await response.text())?.[1];
    return JSON.parse(data ?? '{}');
  },
  async websocket(query, variables, token) {
    const client = createClient({
      url: readSide.socketUrl,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      ...(token !== undefined && { connectionParams: { authorization: `Bearer ${token}` } }),
    });
    try {
      return (await client.iterate({ query, variables }).next()).value as Outcome;
    } catch (errors) {
      return { errors: errors as Failure[] };
    } finally {
      await client.dispose();
    }
  },
};

const refusals: readonly (readonly [
  says: string,
  query: string,
  variables: Record<string, unknown>,
  token: string | undefined,
  code: string,
])[] = [
  [
    'a failure of ours',
    'mutation { openWallet(currency: "USD") { __typename } }',
    {},
    'ann:bidder',
    'internal',
  ],
  ['a field that is not there', '{ nonsense }', {}, undefined, 'invalid'],
  ['no GraphQL', '{ {', {}, undefined, 'invalid'],
  [
    'a scalar of another kind',
    'query ($from: MinorUnits) { auctions(currency: "USD", priceFrom: $from) { edges { cursor } } }',
    { from: 17 },
    undefined,
    'invalid',
  ],
  [
    'an amount that is none',
    'query ($from: MinorUnits) { auctions(currency: "USD", priceFrom: $from) { edges { cursor } } }',
    { from: '1.50' },
    undefined,
    'invalid',
  ],
  ['a page without bounds', '{ auctions(first: 101) { edges { cursor } } }', {}, undefined, 'invalid'],
  ['nobody', '{ wallets { edges { cursor } } }', {}, undefined, 'unauthenticated'],
  ['a bad token', '{ now }', {}, 'nobody', 'unauthenticated'],
  ['another role', '{ streamEvents(stream: "auction-a1") { next } }', {}, 'ann:bidder', 'forbidden'],
  [
    'a token of another history',
    'query ($at: Token) { auctions(atLeast: $at) { edges { cursor } } }',
    { at: tokenOf('another', 1n) },
    undefined,
    'other_history',
  ],
  [
    'a depth beyond the limit',
    '{ auctions { edges { node { bidHistory { edges { node { reason { code } } } } } } } }',
    {},
    undefined,
    'invalid',
  ],
  [
    'a cost beyond the limit',
    '{ auctions(first: 100) { edges { node { bidHistory(first: 100) { pageInfo { endCursor } edges { cursor } } } } } }',
    {},
    undefined,
    'invalid',
  ],
  [
    'a batch by aliases',
    `{ ${Array.from({ length: 11 }, (_, i) => `a${i}: now`).join(' ')} }`,
    {},
    undefined,
    'invalid',
  ],
];

for (const [name, ask] of Object.entries(transports))
  for (const [says, query, variables, token, code] of refusals)
    test(`${name} answers ${says} with ${code}`, async () => {
      const { errors = [] } = await ask(query, variables, token);
      assert.equal(errors[0]?.extensions?.code, code, JSON.stringify(errors));
      assert.doesNotMatch(JSON.stringify(errors), /secret of the engine|stack/);
    });

test('what is hidden as internal stands in the log under its reference', async () => {
  const { errors = [] } = await readSide.ask(
    'mutation { openWallet(currency: "USD") { __typename } }',
    {},
    'ann:bidder',
  );
  const reference = JSON.stringify(errors[0]?.extensions.details).slice(14, -2);
  const logged = readSide.errors.find(
    ({ details }) => 'reference' in details && details.reference === reference,
  );
  assert.match(String(logged && 'err' in logged.details && logged.details.err), /a secret of the engine/);
});

test('a maximum is shown to its bidder, auditors and investigators, to nobody else', async () => {
  await readSide.append('participant-a1:ann', BidPlaced({ ...bidOfAnn, hold: 90_00n }));
  const position = await readSide.append(
    'auction-a1',
    BidAccepted({ ...bidOfAnn, leader: 'ann', price: 1_00n, smallestBid: 1_25n, reserveMet: true }),
  );
  const query = `query ($at: Token) {
    auction(auctionId: "a1", atLeast: $at) {
      bidHistory(atLeast: $at) { edges { node { bidId maximum { amount } } } }
    }
  }`;
  const variables = { at: tokenOf(readSide.store.epoch, position) };
  for (const [token, sees] of [
    [undefined, false],
    ['bob:bidder', false],
    ['sam:seller', false],
    ['otto:auctioneer,admin,clerk', false],
    ['ida:auditor', true],
    ['ann:bidder', true],
    ['ines:investigator', true],
  ] as const) {
    const text = JSON.stringify(await readSide.ask(query, variables, token));
    assert.match(text, new RegExp(bidOfAnn.bidId), token ?? 'anyone');
    assert.equal(text.includes('8800'), sees, `${token}: ${text}`);
  }
});

test('an auditor reads a stream from either end, with what is secret', async () => {
  const query = `query ($direction: Direction, $from: SafeInteger) {
    streamEvents(stream: "auction-a1", direction: $direction, from: $from, first: 1) {
      next events { type revision data }
    }
  }`;
  const forwards = await readSide.ask(query, { direction: 'forwards' }, 'ida:auditor');
  assert.match(JSON.stringify(forwards), /"next":1,.*AuctionOpened/);
  const backwards = await readSide.ask(query, { direction: 'backwards' }, 'ida:auditor');
  assert.match(JSON.stringify(backwards), /"next":0,.*BidAccepted/);
  const whole = await readSide.ask(query, { direction: 'forwards', from: 1 }, 'ines:investigator');
  for (const seen of [backwards, whole]) assert.match(JSON.stringify(seen), /"maximum":"8800"/);
});

test('a browser is shown GraphiQL', async () => {
  const page = await fetch(readSide.url, { headers: { accept: 'text/html' } });
  assert.match(await page.text(), /subscription Follow/);
});

const bidOfAnn = {
  auctionId: 'a1',
  bidId: '0190a000-0000-7000-8000-000000000001',
  bidder: 'ann',
  currency: 'USD',
  maximum: 88_00n,
};
