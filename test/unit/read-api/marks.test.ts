import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { tokenOf } from '#domain/kernel/token.ts';
import { TopUpConfirmed, TopUpInitiated, TopUpRequiresAction } from '#domain/wallets/payment/messages.ts';
import { moved } from '#domain/wallets/posting.ts';
import { WalletOpened } from '#domain/wallets/wallet/messages.ts';
import { givenReadSide, type ReadSide } from '../../support/read-side.ts';

// Who sees what is marked in a schema, who reads the history, and what an auditor adds up.

const payment = { paymentId: 'p1', person: 'ann', currency: 'USD', amount: 500_00n };
const url = 'https://provider.example/3-d-secure/unguessable';
const ADDRESS = '203.0.113.9';
let readSide: ReadSide;
let at: string;
before(async () => {
  readSide = await givenReadSide();
  await readSide.append('wallet-ann:USD', WalletOpened({ person: 'ann', currency: 'USD' }));
  await readSide.append('payment-p1', TopUpInitiated(payment));
  const waiting = { ...payment, provider: 'simulated', url, expiresAt: '2100-01-01T00:00:00.000Z' };
  at = tokenOf(readSide.store.epoch, await readSide.append('payment-p1', TopUpRequiresAction(waiting)));
});
after(() => readSide.close());

const asked = async (query: string, token: string | undefined, variables: object = { at }) =>
  JSON.stringify(await readSide.ask(query, variables, token));

test('where to confirm a payment is shown to nobody but who pays', async () => {
  const one = 'query ($at: Token) { payment(paymentId: "p1", atLeast: $at) { status actionUrl } }';
  const list =
    'query ($at: Token) { payments(person: "ann", atLeast: $at) { edges { node { status actionUrl } } } }';
  for (const query of [one, list]) {
    const own = await asked(query, 'ann:bidder');
    assert.ok(own.includes(url), own);
    for (const token of ['ida:auditor', 'ines:investigator', 'ada:admin,auditor,investigator']) {
      const text = await asked(query, token);
      assert.match(text, /"requires_action"/, token);
      assert.ok(!text.includes(url), token);
    }
  }
});

test('from which address a command came is shown to investigators alone', async () => {
  const page =
    '{ allEvents(streams: ["payment-"]) { events { type data origin { channel address } } next } }';
  const stream = '{ streamEvents(stream: "payment-p1") { events { type data origin { channel address } } } }';
  for (const query of [page, stream]) {
    const auditor = await asked(query, 'ida:auditor');
    assert.match(auditor, /"TopUpRequiresAction".*"channel":"http"/);
    assert.ok(
      !auditor.includes(ADDRESS) && !auditor.includes(url),
      'neither from where nor where to confirm',
    );
    const investigator = await asked(query, 'ines:investigator');
    assert.ok(investigator.includes(ADDRESS) && !investigator.includes(url));
    assert.match(await asked(query, 'ann:bidder'), /"forbidden"/);
  }
});

interface EventPage {
  readonly allEvents: { readonly events: readonly { readonly type: string }[]; readonly next: string | null };
}
async function paged(direction: string): Promise<readonly string[]> {
  const query = `query ($after: Token, $direction: Direction) {
    allEvents(after: $after, direction: $direction, first: 1) { events { type } next }
  }`;
  const types: string[] = [];
  for (let after: string | null = null, pages = 0; pages < 10; pages++) {
    const { data } = await readSide.ask(query, { after, direction }, 'ida:auditor');
    const { events, next } = (data as unknown as EventPage).allEvents;
    types.push(...events.map(({ type }) => type));
    if (next === null) return types;
    after = next;
  }
  return assert.fail('the pages do not end');
}

test('the whole history reads the same from both ends', async () => {
  // Reading it is recorded in it, once for a minute.
  await paged('forwards');
  const forwards = await paged('forwards');
  assert.deepEqual(
    forwards.filter((type) => type !== 'SecretsRead'),
    ['WalletOpened', 'TopUpInitiated', 'TopUpRequiresAction'],
  );
  assert.deepEqual((await paged('backwards')).toReversed(), forwards);
});

test('an investigator follows events that match, in intervals without a gap', async () => {
  const client = createClient({
    ...{ url: readSide.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 },
    connectionParams: { authorization: 'Bearer ines:investigator' },
  });
  const query = 'subscription { events(types: ["TopUpRequiresAction"]) { after position event { type } } }';
  const feed = client.iterate<{
    events: { after: string; position: string; event: { type: string } | null };
  }>({ query });
  let cursor = tokenOf(readSide.store.epoch, 0n);
  for (;;) {
    const item = (await feed.next()).value?.data?.events;
    assert.equal(item?.after, cursor);
    cursor = item.position;
    if (item.event !== null) {
      assert.equal(item.event.type, 'TopUpRequiresAction');
      break;
    }
  }
  await client.dispose();
  assert.match(
    await asked(query, 'ida:auditor'),
    /"forbidden"/,
    'an auditor reads pages, and does not follow',
  );
});

test('the ledger sums all money of a currency, and the sums are zero together', async () => {
  const query = `query ($at: Token) {
    ledger(currency: "USD", atLeast: $at) { available held clearing platform providers total entries }
  }`;
  assert.match(await asked(query, 'ida:auditor'), /"ledger":null/, 'no money has moved yet');
  const postings = moved('provider:simulated:USD', 'clearing:p1:USD', 500_00n);
  const confirmed = { ...payment, provider: 'simulated', movement: 'p1', postings };
  const position = await readSide.append('payment-p1', TopUpConfirmed(confirmed));
  const variables = { at: tokenOf(readSide.store.epoch, position) };
  const { data } = await readSide.ask(query, variables, 'ida:auditor');
  assert.deepEqual(data?.ledger, {
    ...{ available: '0', held: '0', clearing: '50000', platform: '0', providers: '-50000' },
    ...{ total: '0', entries: 1 },
  });
  assert.match(await asked(query, 'ann:bidder', variables), /"forbidden"/);
});
