import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { givenReadSide, type ReadSide } from '../../support/read-side.ts';

// What a client sends is not told again in the error that it gets for it, however it comes.

let readSide: ReadSide;
before(async () => {
  readSide = await givenReadSide();
});
after(() => readSide.close());

const SECRET = 'DE02 Zanzibar';
const OPEN = 'mutation ($c: Currency!) { openWallet(currency: $c) { __typename } }';
const PAGE = 'query ($n: Int, $p: [AuctionPhase!]) { auctions(first: $n, phase: $p) { __typename } }';
const IDS = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';

interface Request {
  readonly query: string;
  readonly variables?: object;
}
const requests: readonly (readonly [said: string, request: Request])[] = [
  [
    'Variable "$c" got an invalid value: Currency is a string',
    { query: OPEN, variables: { c: { x: SECRET } } },
  ],
  [
    'Variable "$n" got an invalid value: Int cannot represent non-integer value.',
    { query: PAGE, variables: { n: SECRET } },
  ],
  [
    'Variable "$p" got an invalid value at "p[0]": The value does not exist in "AuctionPhase" enum.',
    { query: PAGE, variables: { p: [SECRET] } },
  ],
  [
    'Variable "$ids" got an invalid value at "ids[1]": ID cannot represent value.',
    { query: IDS, variables: { ids: ['a', { x: SECRET }] } },
  ],
  ['Variable "$ids" of required type "[ID!]!" was not provided.', { query: IDS }],
  ['Int cannot represent non-integer value.', { query: `{ auctions(first: "${SECRET}") { __typename } }` }],
  [
    'Enum "AuctionPhase" cannot represent non-enum value.',
    { query: `{ auctions(phase: "${SECRET}") { __typename } }` },
  ],
  ['Syntax Error: Expected Name, found String.', { query: `{ auctions(first: 1 "${SECRET}") }` }],
  ['Syntax Error: Unexpected Name.', { query: 'Zanzibar' }],
];

const headers = { 'content-type': 'application/json', authorization: 'Bearer ann:bidder' };
async function byHttp(request: Request, accept: string): Promise<string> {
  const response = await fetch(readSide.url, {
    method: 'POST',
    headers: { ...headers, accept },
    body: JSON.stringify(request),
  });
  return response.text();
}
async function bySocket(payload: Request): Promise<string> {
  const socket = new WebSocket(readSide.socketUrl, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: headers.authorization } }));
  await once(socket, 'message');
  socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload }));
  const [data] = await once(socket, 'message');
  socket.terminate();
  return String(data);
}
const transports: readonly (readonly [name: string, ask: (request: Request) => Promise<string>])[] = [
  ['HTTP', (request) => byHttp(request, 'application/graphql-response+json')],
  ['SSE', (request) => byHttp(request, 'text/event-stream')],
  ['a socket', bySocket],
];
for (const [name, ask] of transports)
  for (const [said, request] of requests)
    test(`by ${name} it is said what is wrong, and not what was sent: ${said}`, async () => {
      const text = await ask(request);
      assert.ok(text.includes(JSON.stringify(said).slice(1, -1)), text);
      assert.doesNotMatch(text, /DE02|Zanzibar/);
    });

test('so it is of variables of a feed', async () => {
  const query = 'subscription ($id: ID!) { auctionFeed(auctionId: $id) { position } }';
  for (const [, ask] of transports) {
    const text = await ask({ query, variables: { id: { x: SECRET } } });
    assert.match(text, /ID cannot represent value\./);
    assert.doesNotMatch(text, /DE02|Zanzibar/);
  }
});
