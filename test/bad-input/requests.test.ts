import { gzipSync } from 'node:zlib';
import { tokenOf } from '#domain/kernel/token.ts';
import type { Person } from '../support/inhabited.ts';
import { openDoor, type Sent, strangers } from './door.ts';

// What is wrong with a request before anybody looks at what it asks for: its bytes, its body, its operation.

const door = await openDoor();
const MEGABYTES = 10 * 1024 * 1024;
const NOW = '{"query":"{ now }"}';
const bidBody = '{"auctionId":"open-1","maximum":{"amount":"500","currency":"USD"}}';

const rest = (over: Partial<Sent>): Sent => ({
  path: '/commands/auctions/place-bid',
  as: 'ann',
  body: bidBody,
  ...over,
});
const graphql = (over: Partial<Sent>): Sent => {
  const headers = { accept: 'application/graphql-response+json', ...over.headers };
  return { path: '/graphql', body: NOW, ...over, headers };
};
const asked = (query: string, variables: object = {}, as?: Person): Sent =>
  graphql({ body: JSON.stringify({ query, variables }), ...(as && { as }) });
const type = (contentType: string) => ({ headers: { 'content-type': contentType } });
const nested = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels);
const ff = Buffer.from([0xff, 0xfe]);
const notUtf8 = Buffer.concat([
  Buffer.from('{"auctionId":"'),
  Buffer.from([0xff, 0xc0, 0xaf]),
  Buffer.from('"}'),
]);

strangers(door, 'a body by REST', [
  ['that is empty', rest({ body: '' }), 400, 'invalid'],
  ['of blanks', rest({ body: ' \n ' }), 400, 'invalid'],
  ['cut off', rest({ body: '{"auctionId":' }), 400, 'invalid'],
  ['with something behind its end', rest({ body: `${bidBody}{}` }), 400, 'invalid'],
  ['with a comment', rest({ body: `/* */${bidBody}` }), 400, 'invalid'],
  ['with single quotes', rest({ body: "{'auctionId':'open-1'}" }), 400, 'invalid'],
  ['of NaN', rest({ body: '{"auctionId":NaN}' }), 400, 'invalid'],
  ['that is null', rest({ body: 'null' }), 400, 'invalid'],
  ['that is a list', rest({ body: `[${bidBody}]` }), 400, 'invalid'],
  ['that is a text', rest({ body: JSON.stringify(bidBody) }), 400, 'invalid'],
  ['that is no UTF-8', rest({ body: notUtf8 }), 400, 'invalid'],
  ['in UTF-16', rest({ body: Buffer.from(bidBody, 'utf16le') }), 400, 'invalid'],
  ['with a name twice', rest({ body: bidBody.replace('{', '{"auctionId":"open-2",') }), 400, 'invalid'],
  ['nested too deep', rest({ body: nested('[', ']', 30_000) }), 400, 'invalid'],
  ['of objects nested too deep', rest({ body: nested('{"a":', '1}', 5_000) }), 400, 'invalid'],
  ['of text', rest(type('text/plain')), 415, 'invalid'],
  ['of a form', rest(type('application/x-www-form-urlencoded')), 415, 'invalid'],
  ['of JSON in another charset', rest(type('application/json; charset=utf-16')), 415, 'invalid'],
  ['of two types', rest(type('application/json, text/plain')), 415, 'invalid'],
  ['of a type that only begins like JSON', rest(type('application/jsonp')), 415, 'invalid'],
  ['compressed', rest({ body: gzipSync(bidBody), headers: { 'content-encoding': 'gzip' } }), 415, 'invalid'],
  [
    'that would explode',
    rest({ body: gzipSync(Buffer.alloc(MEGABYTES)), headers: { 'content-encoding': 'gzip' } }),
    415,
    'invalid',
  ],
  ['in an encoding nobody knows', rest({ headers: { 'content-encoding': 'zstd, magic' } }), 415, 'invalid'],
  ['just too large', rest({ body: bidBody.padEnd(128 * 1024 + 1) }), 413, 'invalid'],
  ['by another method', rest({ method: 'PUT' }), 405, 'invalid'],
  ['with an id of 65 characters', rest({ headers: { 'idempotency-key': 'x'.repeat(65) } }), 400, 'invalid'],
  ['with an id of Latin letters', rest({ headers: { 'idempotency-key': '\u00ff' } }), 400, 'invalid'],
]);

const aliases = Array.from({ length: 3_000 }, (_, at) => `a${at}: now`).join(' ');
const named = (count: number, field: string) =>
  Array.from({ length: count }, (_, at) => `a${at}:${field}`).join(' ');
const manyNames = `{ ${named(3, '__schema { ...A }')} } fragment A on __Schema { ${named(12, 'types { ...T }')} }
  fragment T on __Type { ${named(12, 'fields { ...F }')} } fragment F on __Field { ${named(8, 'name')} }`;
const introspection = `{ __schema { types { ${'fields { type { '.repeat(6)} name ${'} }'.repeat(6)} } } }`;
const cycle = 'query { ...a } fragment a on Query { ...b } fragment b on Query { ...a now }';
strangers(door, 'a request of GraphQL', [
  ['that is empty', graphql({ body: '' }), 400, 'invalid'],
  ['cut off', graphql({ body: '{"query":' }), 400, 'invalid'],
  ['that is null', graphql({ body: 'null' }), 400, 'invalid'],
  ['that is no UTF-8', graphql({ body: notUtf8 }), 400, 'invalid'],
  [
    'that is JSON but for two bytes',
    graphql({ body: Buffer.concat([Buffer.from('{"query":"{ now } #'), ff, Buffer.from('"}')]) }),
    400,
    'invalid',
  ],
  ['that is a batch', graphql({ body: `[${NOW},${NOW}]` }), 400, 'invalid'],
  ['without a query', graphql({ body: '{"variables":{}}' }), 400, 'invalid'],
  ['whose query is a number', graphql({ body: '{"query":7}' }), 400, 'invalid'],
  ['whose variables are a text', graphql({ body: '{"query":"{ now }","variables":"x"}' }), 400, 'invalid'],
  ['whose variables are a list', graphql({ body: '{"query":"{ now }","variables":[]}' }), 400, 'invalid'],
  ['whose extensions are a text', graphql({ body: '{"query":"{ now }","extensions":"x"}' }), 400, 'invalid'],
  [
    'for an operation it has not',
    graphql({ body: '{"query":"{ now }","operationName":"b"}' }),
    400,
    'invalid',
  ],
  ['with a query twice', graphql({ body: '{"query":"{ now }","query":"{ now }"}' }), 400, 'invalid'],
  ['with a field nobody knows', graphql({ body: '{"query":"{ now }","id":1}' }), 400, 'invalid'],
  [
    'that is compressed',
    graphql({ body: gzipSync(NOW), headers: { 'content-encoding': 'gzip' } }),
    415,
    'invalid',
  ],
  ['of text', graphql({ headers: { 'content-type': 'text/plain' } }), 415, 'invalid'],
  [
    'in parts',
    graphql({ headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' }),
    415,
    'invalid',
  ],
  [
    'in an address whose variables are none',
    graphql({ method: 'GET', path: '/graphql?query={now}&variables=%7B', body: '' }),
    400,
    'invalid',
  ],
  [
    'in an address, twice',
    graphql({ method: 'GET', path: '/graphql?query={now}&query={now}', body: '' }),
    400,
    'invalid',
  ],
  [
    'in an address, that is no UTF-8',
    graphql({ method: 'GET', path: '/graphql?query={now}%23%ff', body: '' }),
    400,
    'invalid',
  ],
  [
    'in an address, without a query',
    graphql({ method: 'GET', path: '/graphql?x=/health', body: '' }),
    400,
    'invalid',
  ],
  [
    'in an address, that changes something',
    graphql({
      ...{ method: 'GET', as: 'ann', body: '' },
      path: `/graphql?query=${encodeURIComponent('mutation { openWallet(currency: "JPY") { __typename } }')}`,
    }),
    405,
    'invalid',
  ],
  ['by another method', graphql({ method: 'DELETE' }), 405, 'invalid'],
  [
    'for a feed that wants one answer',
    graphql({
      ...{ body: '{"query":"subscription { auctionFeed(auctionId: \\"open-1\\") { position } }"}' },
      headers: { accept: 'application/json' },
    }),
    406,
    'invalid',
  ],
  ['too deep', asked(`{ auctions ${nested('{ edges { node ', '} }', 20)} }`), 400, 'invalid'],
  ['with thousands of aliases', asked(`{ ${aliases} }`), 400, 'invalid'],
  ['with eleven aliases', asked(`{ ${aliases.split(' a11')[0]} }`), 400, 'invalid'],
  ['with a huge page', asked('{ auctions(first: 2147483647) { edges { cursor } } }'), 400, 'invalid'],
  ['with a page of none', asked('{ auctions(first: 0) { edges { cursor } } }'), 200, 'invalid'],
  [
    'with a page beyond integers',
    asked('{ auctions(first: 99999999999) { edges { cursor } } }'),
    400,
    'invalid',
  ],
  [
    'with pages in pages',
    asked(
      '{ auctions(first: 100) { edges { node { bidHistory(first: 100) { edges { node { id auctionId } } } } } } }',
    ),
    400,
    'invalid',
  ],
  ['with a thousand directives', asked(`{ now ${'@skip(if: false) '.repeat(1_000)} }`), 400, 'invalid'],
  ['with a directive nobody knows', asked('{ now @defer }'), 400, 'invalid'],
  ['whose fragments go round', asked(cycle), 400, 'invalid'],
  ['whose fragment is itself', asked('{ ...a } fragment a on Query { ...a }'), 400, 'invalid'],
  ['that asks the schema about itself without end', asked(introspection), 400, 'invalid'],
  ['that asks the schema about itself under many names', asked(manyNames), 400, 'invalid'],
  ['of the prototype', asked('{ __proto__ { constructor } }'), 400, 'invalid'],
  [
    'whose variable is an object of the prototype',
    graphql({
      body: '{"query":"query ($id: ID!) { lot(lotId: $id) { id } }","variables":{"id":{"__proto__":{"x":1}}}}',
    }),
    400,
    'invalid',
  ],
  ['with a global id that is none', asked('{ node(id: "lot-1") { id } }'), 200, 'invalid'],
  [
    'for more things than a page has',
    asked(`{ nodes(ids: ${JSON.stringify(Array(101).fill('x'))}) { id } }`),
    200,
    'invalid',
  ],
  [
    'for pages of a hundred things in a variable',
    asked(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Auction { bidHistory(first: 100) { edges { node { id auctionId } } } } } }',
      { ids: Array(100).fill('x') },
    ),
    400,
    'invalid',
  ],
  ['with an id that is none', asked('{ lot(lotId: "__proto__") { id } }'), 200, 'invalid'],
]);

// What a browser sends for a page of another site without asking whether it may (the "simple requests" of Fetch) changes nothing.
const OPEN = 'mutation { openWallet(currency: "JPY") { __typename } }';
const simply = (contentType: string | undefined, body: string): Sent =>
  graphql({ as: 'ann', body, headers: { 'content-type': contentType ?? '' } });
const inJson = JSON.stringify({ query: OPEN });
strangers(door, 'a page of another site', [
  [
    'with a form',
    simply('application/x-www-form-urlencoded', `query=${encodeURIComponent(OPEN)}`),
    415,
    'invalid',
  ],
  ['with JSON that is called a form', simply('application/x-www-form-urlencoded', inJson), 415, 'invalid'],
  [
    'with a form in parts',
    simply(
      'multipart/form-data; boundary=x',
      `--x\r\nContent-Disposition: form-data; name="query"\r\n\r\n${OPEN}\r\n--x--\r\n`,
    ),
    415,
    'invalid',
  ],
  ['with JSON that is called text', simply('text/plain', inJson), 415, 'invalid'],
  ['with JSON that is called nothing', simply(undefined, inJson), 415, 'invalid'],
  [
    'with an image whose address changes something',
    graphql({ method: 'GET', as: 'ann', body: '', path: `/graphql?query=${encodeURIComponent(OPEN)}` }),
    405,
    'invalid',
  ],
]);

// Older clients know of no other answer than 200 to what is a request and GraphQL refuses.
const older = (query: string): Sent =>
  graphql({ headers: { accept: 'application/json' }, body: JSON.stringify({ query }) });
const pageOf = 'query ($first: Int!) { auctions(first: $first) { edges { cursor } } }';
strangers(door, 'an operation that GraphQL refuses', [
  ['for a variable that is missing', asked(pageOf), 400, 'invalid'],
  ['for a variable of another type', asked(pageOf, { first: 'x' }), 400, 'invalid'],
  ['from an older client, for what is no GraphQL', older('{'), 200, 'invalid'],
  ['from an older client, for an unknown field', older('{ nowt }'), 200, 'invalid'],
  ['from an older client, for its limits', older(`{ ${aliases} }`), 200, 'invalid'],
  ['from an older client, for a variable that is missing', older(pageOf), 200, 'invalid'],
]);

const elsewhere = tokenOf('another-history', 1n);
const all = (args: string) => asked(`{ allEvents(${args}) { next } }`, {}, 'ida');
strangers(door, 'a question about the history', [
  ['by nobody', asked('{ allEvents { next } }'), 200, 'unauthenticated'],
  ['by a bidder', asked('{ allEvents { next } }', {}, 'ann'), 200, 'forbidden'],
  [
    'by an auditor, for every event as it comes',
    {
      ...asked('subscription { events { position } }', {}, 'ida'),
      headers: { accept: 'text/event-stream, application/graphql-response+json' },
    },
    200,
    'forbidden',
  ],
  ['from a place in another history', all(`after: "${elsewhere}"`), 200, 'other_history'],
  ['that waits for another history', all(`atLeast: "${elsewhere}"`), 200, 'other_history'],
  ['from a place that is none', all('after: "nonsense"'), 200, 'invalid'],
  ['from an empty place', all('after: ""'), 200, 'invalid'],
  ['from a place of a thousand characters', all(`after: "${'x'.repeat(1_000)}"`), 200, 'invalid'],
  ['from a negative place', all(`after: "${Buffer.from('-1@x').toString('base64url')}"`), 200, 'invalid'],
  ['with no streams', all('streams: []'), 200, 'invalid'],
  [
    'with fifty-one types',
    all(`types: ${JSON.stringify(Array.from({ length: 51 }, (_, at) => `T${at}`))}`),
    200,
    'invalid',
  ],
  [
    'of a stream before its beginning',
    asked('{ streamEvents(stream: "lot-1", from: -1) { next } }', {}, 'ida'),
    200,
    'invalid',
  ],
  [
    'of a stream beyond its numbers',
    asked('{ streamEvents(stream: "lot-1", from: 9007199254740993) { next } }', {}, 'ida'),
    400,
    'invalid',
  ],
  ['of a stream without a name', asked('{ streamEvents(stream: "") { next } }', {}, 'ida'), 200, 'invalid'],
  ['in no direction', asked('{ allEvents(direction: sideways) { next } }', {}, 'ida'), 400, 'invalid'],
  ['about the views, by a bidder', asked('{ views { view } }', {}, 'ann'), 200, 'forbidden'],
  [
    'from a cursor that is none',
    asked('{ auctions(after: "nonsense") { edges { cursor } } }'),
    200,
    'invalid',
  ],
  [
    'about somebody else’s money',
    asked('{ wallets(person: "bob") { edges { cursor } } }', {}, 'ann'),
    200,
    'forbidden',
  ],
  [
    'that names the platform’s own clock’s past',
    { path: '/dev/clock', body: '{"to":"yesterday"}' },
    400,
    'invalid',
  ],
  [
    'that names a time beyond those that can be written',
    { path: '/dev/clock', body: '{"to":"9999-12-31T23:59:59.999Z"}' },
    400,
    'invalid',
  ],
  [
    'to say nothing of a payment',
    { path: '/dev/payments/p1', body: '{"outcome":"stolen","amount":"1"}' },
    400,
    'invalid',
  ],
  [
    'to say something of a payment that nobody knows',
    { path: '/dev/payments/p1', body: '{"outcome":"payout_returned","amount":"1"}' },
    404,
    'not_found',
  ],
  [
    'for a token of the system',
    { path: '/dev/tokens', body: '{"sub":"a","roles":["system"]}' },
    400,
    'invalid',
  ],
  [
    'for a token in the name of a saga',
    { path: '/dev/tokens', body: '{"sub":"system.settlement","roles":["bidder"]}' },
    400,
    'invalid',
  ],
  [
    'for a token without end',
    { path: '/dev/tokens', body: '{"sub":"a","roles":["bidder"],"hours":1e999}' },
    400,
    'invalid',
  ],
]);
