import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AuctionOpened } from '#domain/auctions/auction/messages.ts';
import { NotJoined } from '#domain/auctions/participant/messages.ts';
import { tokenOf } from '#domain/kernel/token.ts';
import { terms } from '../../support/auctions.ts';
import { givenReadSide, type ReadSide } from '../../support/read-side.ts';

// A field that is refused beside one that is not, and what comes of both.

let readSide: ReadSide;
before(async () => {
  readSide = await givenReadSide({
    async dispatch({ command, commandId }) {
      const rejected = { outcome: 'rejected', commandId, position: undefined, events: [] } as const;
      if (command === 'PlaceBid') return { ...rejected, rejection: NotJoined({}) };
      throw new Error('a disk that is gone');
    },
  });
  const position = await readSide.append('auction-a1', AuctionOpened(terms));
  const variables = { at: tokenOf(readSide.store.epoch, position) };
  await readSide.ask('query ($at: Token) { auction(auctionId: "a1", atLeast: $at) { id } }', variables);
});
after(() => readSide.close());

const beside: readonly (readonly [
  says: string,
  query: string,
  data: object,
  code: string,
  token?: string,
])[] = [
  [
    'a query that is refused',
    '{ wallets { edges { cursor } } auction(auctionId: "a1") { auctionId } }',
    { wallets: null, auction: { auctionId: 'a1' } },
    'unauthenticated',
  ],
  [
    'a query for another role',
    '{ auction(auctionId: "a1") { auctionId } views { view } }',
    { auction: { auctionId: 'a1' }, views: null },
    'forbidden',
    'ann:bidder',
  ],
  [
    'a field of a type that is refused',
    '{ auction(auctionId: "a1") { auctionId bidHistory(first: 101) { edges { cursor } } } }',
    { auction: { auctionId: 'a1', bidHistory: null } },
    'invalid',
  ],
  [
    'a command that fails',
    'mutation { refused: placeBid(auctionId: "a1", maximum: { amount: "1", currency: "USD" }) { __typename } openWallet(currency: "USD") { __typename } }',
    { refused: { __typename: 'NotJoined' }, openWallet: null },
    'internal',
    'ann:bidder',
  ],
];
for (const [says, query, data, code, token] of beside)
  test(`${says} takes nothing beside it along`, async () => {
    const { data: answered, errors = [] } = await readSide.ask(query, {}, token);
    assert.deepEqual(answered, data);
    const [root] = Object.entries(data).find(([, value]) => value === null) ?? ['auction'];
    assert.deepEqual(
      errors.map(({ path, extensions }) => [path?.[0], extensions.code]),
      [[root, code]],
    );
  });
