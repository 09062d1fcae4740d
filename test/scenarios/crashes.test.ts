import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { CancelAuction } from '#domain/auctions/auction/messages.ts';
import type { Reply } from '#domain/kernel/envelope.ts';
import { RequestTopUp, Transfer, Withdraw } from '#domain/wallets/wallet/messages.ts';
import { type House, told } from '#test/support/house.ts';
import { ann, bob, endsAt, givenOpenAuction, otto, type Saleroom } from '#test/support/saleroom.ts';

// A process that dies behind each of its appends: the one is durable, nobody has learned of it, and nothing behind it has
// been done. Whoever waited for an answer asks again under the same id. The end must be the one of a life without death.

/** What happens, step by step; each step is repeated when the process has died in it, as people and time would. */
interface Story {
  readonly name: string;
  readonly steps: readonly ((room: Saleroom) => Promise<unknown>)[];
}

const dollars = { currency: 'USD' } as const;
const auction: Story = {
  name: 'bids, the hammer and the settlement',
  steps: [
    (room) => room.bid(ann, 20_00n, 'c1'),
    (room) => room.bid(bob, 30_00n, 'c2'),
    (room) => room.bid(ann, 25_00n, 'c3'),
    (room) => room.bid(bob, 40_00n, 'c4'),
    (room) => room.house.advanceTo(endsAt),
  ],
};
const cancelled: Story = {
  name: 'a bid and the end of its auction by cancellation',
  steps: [
    (room) => room.bid(ann, 20_00n, 'c1'),
    ({ house }) => house.send(CancelAuction({ auctionId: 'a1', cause: 'A forgery.' }), otto, 'c2'),
    ({ house }) => house.settle(),
  ],
};
const payments: Story = {
  name: 'a top-up, a transfer, one that comes back, and a withdrawal',
  steps: [
    ({ house }) => house.send(RequestTopUp({ ...dollars, amount: 5_00n }), ann, 'c1'),
    ({ house }) => house.settle(),
    (room) => room.confirmTopUps(),
    ({ house }) => house.send(Transfer({ ...dollars, to: bob.id, amount: 10_00n }), ann, 'c2'),
    ({ house }) => house.settle(),
    ({ house }) => house.send(Transfer({ ...dollars, to: 'nobody', amount: 10_00n }), ann, 'c3'),
    ({ house }) => house.settle(),
    ({ house }) => house.send(Withdraw({ ...dollars, amount: 50_00n }), bob, 'c4'),
    ({ house }) => house.settle(),
  ],
};

/** Whether a step has got its answer: neither `unavailable` nor `pending` is one. */
function isAnswered(outcome: unknown): boolean {
  const reply = outcome as Reply | undefined;
  if (reply?.outcome === 'rejected') assert.equal(reply.rejection.code, 'unavailable', told(reply));
  return reply === undefined || reply.outcome === 'accepted';
}

/** Tells the story; when the process dies, another one is started and the step at hand is done again. */
async function tell({ steps }: Story, room: Saleroom, loseViews: boolean): Promise<number> {
  let deaths = 0;
  for (const step of steps)
    for (let answered = false; !answered; ) {
      const { process } = room.house;
      const died = process.dead.then(() => 'dead' as const);
      // The step of a dead process ends somehow, or never; nobody waits for it.
      const done = step(room).then(isAnswered);
      done.catch(() => undefined);
      const outcome = await Promise.race([died, done]);
      answered = outcome === true;
      if (outcome === true) continue;
      await died;
      deaths += 1;
      await room.house.restart({ kill: true, loseViews });
    }
  await room.house.settle();
  return deaths;
}

/** Everything that happened, by stream, and where the money is. Ids differ from one life to the next. */
async function endOf(room: Saleroom) {
  const byStream = Map.groupBy(await room.house.everything(), ({ stream }) => stream);
  const histories = [...byStream].map(([stream, events]) => {
    const name = stream.replace(/^payment-.*/, 'payment');
    return `${name}: ${events.map(({ type }) => type).join(' ')}`;
  });
  const { balances, held } = await room.audited();
  return { histories: histories.sort(), balances, held, seen: await seen(room.house) };
}

/** What people see, without the ids and moments that differ. */
async function seen(house: House): Promise<readonly unknown[]> {
  const documents = [
    await house.see('auctions', 'a1'),
    await house.see('settlements', 'a1'),
    await house.see('wallets', 'ann:USD'),
    await house.see('wallets', 'bob:USD'),
    await house.see('platform-accounts', 'platform:fees:USD'),
  ];
  return documents.map((it) => it && { ...it, movement: undefined, position: undefined });
}

for (const story of [auction, cancelled, payments])
  describe(`${story.name}, with a crash behind each append`, () => {
    const whole = async (t: TestContext) => {
      const room = await givenOpenAuction(t);
      const before = room.house.process.appends();
      await tell(story, room, false);
      const { appends } = room.house.process;
      return { appends: appends() - before, end: await endOf(room) };
    };

    test('comes to the same end, whichever it is', async (t) => {
      const { appends, end } = await whole(t);
      for (let at = 1; at <= appends; at++)
        await t.test(`append ${at} of ${appends}`, async (one) => {
          const room = await givenOpenAuction(one);
          const { process } = room.house;
          process.cutAfter(process.appends() + at);
          // Every other time the read side is lost, too.
          assert.equal(await tell(story, room, at % 2 === 0), 1);
          assert.deepEqual(await endOf(room), end);
        });
    });
  });
