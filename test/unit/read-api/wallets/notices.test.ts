import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenOf } from '#domain/kernel/token.ts';
import { NoticeHandled, NoticeKept } from '#domain/wallets/notice/messages.ts';
import { givenReadSide } from '#test/support/read-side.ts';

test('a notice that is off the list tells what became of it, in a word or as it was written before there were words', async (t) => {
  const readSide = await givenReadSide();
  t.after(() => readSide.close());
  const kept = { provider: 'simulated', why: 'invalid', body: '{}' };
  const idOf = (nth: number): string => `0198c0de-0000-8000-8000-00000000000${nth}`;
  const handlings = [
    { resolution: 'not_ours', reference: '2026/118' } as const,
    { noteInPlain: 'Asked the bank.' },
    { resolution: 'told_since' } as const,
  ];
  let last = 0n;
  for (const [nth, handling] of handlings.entries()) {
    const waitingId = idOf(nth);
    last = await readSide.append(
      `notice-${waitingId}`,
      NoticeKept({ waitingId, ...kept }),
      NoticeHandled({ waitingId, ...handling }),
    );
  }
  const { data, errors } = await readSide.ask(
    `query ($atLeast: Token) { waitingNotices(status: handled, atLeast: $atLeast) { edges { node {
      status resolution reference noteInPlain
    } } } }`,
    { atLeast: tokenOf(readSide.store.epoch, last) },
    'otto:clerk',
  );
  assert.equal(errors, undefined);
  const { edges } = (data as { waitingNotices: { edges: readonly { node: object }[] } }).waitingNotices;
  assert.deepEqual(
    edges.map(({ node }) => Object.values(node).join(' ')),
    ['handled told_since  ', 'handled   Asked the bank.', 'handled not_ours 2026/118 '],
  );
});
