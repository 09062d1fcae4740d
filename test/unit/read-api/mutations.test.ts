import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { givenReadSide, type ReadSide } from '../../support/read-side.ts';

let readSide: ReadSide;
before(async () => {
  readSide = await givenReadSide();
});
after(() => readSide.close());

const OPEN = `mutation ($currency: Currency!) {
  openWallet(commandId: "c1", currency: $currency) {
    __typename
    ... on Accepted { commandId stream position events { type } }
    ... on Invalid { issues { path } }
    ... on Rejection { code message }
  }
}`;

/** What the mutation came to. */
const answerOf = ({ data }: Awaited<ReturnType<ReadSide['ask']>>) =>
  (data?.openWallet ?? {}) as Record<string, unknown>;

test('a mutation answers with a position at which its own write can be read, and a repeat with the same', async () => {
  const once = await readSide.ask(OPEN, { currency: 'USD' }, 'ann:bidder');
  const again = await readSide.ask(OPEN, { currency: 'USD' }, 'ann:bidder');
  assert.deepEqual(again, once);
  const { position, ...answer } = answerOf(once);
  assert.deepEqual(answer, {
    __typename: 'Accepted',
    commandId: 'c1',
    stream: 'wallet-ann:USD',
    events: [{ type: 'WalletOpened' }],
  });
  const read = 'query ($at: Token) { wallet(currency: "USD", atLeast: $at) { person available } }';
  const own = await readSide.ask(read, { at: position }, 'ann:bidder');
  assert.deepEqual(own.data, { wallet: { person: 'ann', available: '0' } });
  const others = await readSide.ask(read, { at: position }, 'bob:bidder');
  assert.deepEqual(others.data, { wallet: null });
});

test('a no is an answer of its own type', async () => {
  const malformed = await readSide.ask(OPEN, { currency: 'dollars' }, 'ann:bidder');
  const { __typename, code } = answerOf(malformed);
  assert.deepEqual([__typename, code], ['Invalid', 'invalid']);
  const nobody = await readSide.ask(OPEN, { currency: 'USD' });
  assert.equal(answerOf(nobody).code, 'unauthenticated');
  const other = await readSide.ask(OPEN, { currency: 'USD' }, 'ida:auditor');
  assert.equal(answerOf(other).code, 'forbidden');
});
