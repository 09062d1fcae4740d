import assert from 'node:assert/strict';
import { it } from 'node:test';
import { auctionStream } from '#domain/auctions/auction/messages.ts';
import type { StoredEvent } from '#domain/kernel/envelope.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import { readLimits } from '#read-api/limits.ts';
import { liveView } from '#read-api/live/live-view.ts';
import { clock, countersView, registry } from '#test/support/counters.ts';
import { metadata } from '#test/support/given.ts';

const counted = (revision: number): StoredEvent => ({
  eventId: `0198c0de-0000-7000-8000-00000000000${revision}`,
  type: 'Counted',
  stream: 'auction-a1',
  revision,
  position: BigInt(revision + 1),
  recordedAt: '2026-03-01T12:00:00.000Z',
  data: { name: 'a1', by: '1', group: 'g' },
  metadata: { ...metadata, command: 'Count', commandId: `c${revision}` },
});

/** A document is followed; so many microtasks after its stream was read to its end, the tail tells of one event more. */
async function toldAfter(microtasks: number): Promise<readonly bigint[]> {
  const { promise: wasRead, resolve: read } = Promise.withResolvers<void>();
  const history = [counted(0)];
  const store = {
    epoch: 'e',
    head: async () => 1n,
    readAll: async () => ({ events: [], through: 1n, end: true }),
    async readStream(_: string, { from = 0 }: { readonly from?: number }) {
      const page = history.filter(({ revision }) => revision >= from);
      read();
      return page;
    },
  };
  const feed: EventFeed = {
    epoch: 'e',
    head: store.head,
    close: async () => undefined,
    async *follow({ signal }) {
      await wasRead;
      for (let at = 0; at < microtasks; at++) await undefined;
      history.push(counted(1));
      yield { events: [counted(1)], through: 2n, live: true };
      await new Promise<void>((over) => signal.addEventListener('abort', () => over()));
    },
  };
  const live = liveView({
    view: countersView(),
    stream: auctionStream,
    registry,
    store,
    feed,
    clock,
    logger: noLog,
    limits: readLimits,
  });
  const source = await live.follow('a1', { after: undefined, atLeast: undefined });
  const positions: bigint[] = [];
  while (positions.at(-1) !== 2n) {
    const item = await Promise.race([
      source.next(),
      new Promise<undefined>((soon) => setTimeout(soon, 200, undefined)),
    ]);
    if (item === undefined) break;
    positions.push(item.position);
  }
  source.close();
  return positions;
}

it('tells of an event that comes while the reading of its stream ends, whenever that is', async () => {
  for (let microtasks = 0; microtasks < 25; microtasks++)
    assert.equal((await toldAfter(microtasks)).at(-1), 2n, `${microtasks} microtasks after the reading`);
});
