import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import type { Reply } from '#domain/kernel/envelope.ts';
import { givenReadSide, type ReadSide } from '../../support/read-side.ts';

// What one person may have under way, whatever they come by: commands that are answered when the test says so, and feeds.

const WORK = 2;
const FEEDS = 2;
const MUTATION = 'mutation { openWallet(currency: "USD") { __typename } }';
const FEED = 'subscription { walletFeed { position } }';

let readSide: ReadSide;
let held = Promise.withResolvers<Reply>();
let asked = 0;
before(async () => {
  readSide = await givenReadSide({
    perPerson: WORK,
    limits: { feedsPerPerson: FEEDS },
    dispatch: () => {
      asked += 1;
      return held.promise;
    },
  });
});
after(() => readSide.close());

const release = () => {
  held.resolve({ outcome: 'accepted', commandId: 'c', stream: 's', position: undefined, events: [] });
  held = Promise.withResolvers();
};

const post = (person: string, query: string, accept = 'application/graphql-response+json') =>
  fetch(readSide.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${person}:bidder` },
    body: JSON.stringify({ query }),
  });

interface Said {
  readonly type: string;
  readonly payload: unknown;
}
/** A socket of this person that asks each of these, and what it hears about the last. */
async function asks(person: string, ...queries: readonly string[]) {
  const socket = new WebSocket(readSide.socketUrl, 'graphql-transport-ws');
  after(() => socket.terminate());
  await once(socket, 'open');
  const say = (message: object) => socket.send(JSON.stringify(message));
  say({ type: 'connection_init', payload: { authorization: `Bearer ${person}:bidder` } });
  await once(socket, 'message');
  const last = new Promise<Said>((resolve) =>
    socket.on('message', (data) => {
      const said = JSON.parse(String(data)) as Said & { readonly id?: string };
      if (said.id === `${queries.length - 1}`) resolve(said);
    }),
  );
  for (const [id, query] of queries.entries()) say({ type: 'subscribe', id: `${id}`, payload: { query } });
  return { last, end: () => socket.terminate() };
}

test('a person’s work is bounded over HTTP and sockets together, and nobody else’s is', async () => {
  const first = post('ann', MUTATION);
  const second = await asks('ann', MUTATION);
  while (asked < WORK) await new Promise((resolve) => setImmediate(resolve));

  for (const accept of ['application/json', 'application/graphql-response+json']) {
    const third = await post('ann', '{ now }', accept);
    assert.deepEqual([third.status, third.headers.get('retry-after')], [429, '1'], accept);
    const text = await third.text();
    assert.match(text, /"code":"overloaded"/);
    assert.doesNotMatch(text, /"http"/);
  }
  const fourth = JSON.stringify(await (await asks('ann', '{ now }')).last);
  assert.match(fourth, /"code":"overloaded"/);
  assert.doesNotMatch(fourth, /"http"/);
  assert.equal((await post('bob', '{ now }')).status, 200);
  assert.equal(asked, WORK, 'nothing of what was refused was done');

  release();
  assert.equal((await first).status, 200);
  assert.equal((await second.last).type, 'next');
  assert.equal((await post('ann', '{ now }')).status, 200, 'who has been answered may ask again');
});

test('a person’s feeds are bounded over all their sockets', async () => {
  const most = await asks('ann', ...Array.from({ length: FEEDS }, () => FEED));
  const more = JSON.stringify(await (await asks('ann', '{ now }', FEED)).last);
  assert.match(more, /"code":"overloaded"/);
  most.end();
});
