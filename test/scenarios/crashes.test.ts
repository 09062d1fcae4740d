import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { UNPROVEN_MS } from '#domain/accounts/account/unproven.ts';
import { CancelAuction } from '#domain/auctions/auction/messages.ts';
import type { Reply } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import { RequestTopUp, Transfer, Withdraw } from '#domain/wallets/wallet/messages.ts';
import { door, loginNamed, registering } from '#test/support/accounts.ts';
import type { Deployment } from '#test/support/deployment.ts';
import { ann, bob, endsAt, givenOpenAuction, otto, Saleroom } from '#test/support/saleroom.ts';
import { told } from '#test/support/told.ts';

// A process that dies behind each of its appends: the one is durable, nobody has learned of it, and nothing behind it has
// been done. Whoever waited for an answer asks again under the same id. The end must be the one of a life without death.

/** What happens, step by step; each step is repeated when the process has died in it, as people and time would. */
interface Story {
  readonly name: string;
  /** Where it begins; by default with an open auction. */
  readonly given?: (t: TestContext) => Promise<Saleroom>;
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
    (room) => room.deployment.advanceTo(endsAt),
  ],
};
const cancelled: Story = {
  name: 'a bid and the end of its auction by cancellation',
  steps: [
    (room) => room.bid(ann, 20_00n, 'c1'),
    ({ deployment }) => deployment.send(CancelAuction({ auctionId: 'a1', cause: 'A forgery.' }), otto, 'c2'),
    ({ deployment }) => deployment.settle(),
  ],
};
const payments: Story = {
  name: 'a top-up, a transfer, one that comes back, and a withdrawal',
  steps: [
    ({ deployment }) => deployment.send(RequestTopUp({ ...dollars, amount: 5_00n }), ann, 'c1'),
    ({ deployment }) => deployment.settle(),
    (room) => room.confirmTopUps(),
    ({ deployment }) => deployment.send(Transfer({ ...dollars, to: bob.id, amount: 10_00n }), ann, 'c2'),
    ({ deployment }) => deployment.settle(),
    ({ deployment }) => deployment.send(Transfer({ ...dollars, to: 'nobody', amount: 10_00n }), ann, 'c3'),
    ({ deployment }) => deployment.settle(),
    ({ deployment }) => deployment.send(Withdraw({ ...dollars, amount: 50_00n }), bob, 'c4'),
    ({ deployment }) => deployment.settle(),
  ],
};

/** What the door says, under one id however often it is said. */
const said = (commandId: string, command: string, data: object) => (room: Saleroom) =>
  room.deployment.process.pipeline.dispatch({
    ...{ command, data, commandId, actor: door, origin: { channel: 'http' } },
  });
const unproven: Story = {
  name: 'a registration that nobody proves, its end, and another one with its address',
  given: (t) => Saleroom.open(t),
  steps: [
    said('c1', 'Register', registering('eve')),
    said('c2', 'ReplaceRegistration', { person: 'eve', verifier: '$argon2id$v=19$other' }),
    ({ deployment }) => deployment.advanceTo(later(deployment.clock.now(), UNPROVEN_MS)),
    ({ deployment }) => deployment.settle(),
    said('c3', 'Register', registering('eva', loginNamed('eve'))),
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
      const { process } = room.deployment;
      const died = process.dead.then(() => 'dead' as const);
      // The step of a dead process ends somehow, or never; nobody waits for it.
      const done = step(room).then(isAnswered);
      done.catch(() => undefined);
      const outcome = await Promise.race([died, done]);
      answered = outcome === true;
      if (outcome === true) continue;
      await died;
      deaths += 1;
      await room.deployment.restart({ kill: true, loseViews });
    }
  await room.deployment.settle();
  return deaths;
}

/** Everything that happened, by stream, and where the money is. Ids differ from one life to the next. */
async function endOf(room: Saleroom) {
  const byStream = Map.groupBy(await room.deployment.everything(), ({ stream }) => stream);
  const histories = [...byStream].map(([stream, events]) => {
    const name = stream.replace(/^payment-.*/, 'payment');
    return `${name}: ${events.map(({ type }) => type).join(' ')}`;
  });
  const { balances, held } = await room.audited();
  return { histories: histories.sort(), balances, held, seen: await seen(room.deployment) };
}

/** What people see, without the ids and moments that differ. */
async function seen(deployment: Deployment): Promise<readonly unknown[]> {
  const documents = [
    await deployment.see('auctions', 'a1'),
    await deployment.see('settlements', 'a1'),
    await deployment.see('wallets', 'ann:USD'),
    await deployment.see('wallets', 'bob:USD'),
    await deployment.see('platform-accounts', 'platform:fees:USD'),
  ];
  return documents.map((it) => it && { ...it, movement: undefined, position: undefined });
}

for (const story of [auction, cancelled, payments, unproven])
  describe(`${story.name}, with a crash behind each append`, () => {
    const { given = givenOpenAuction } = story;
    const whole = async (t: TestContext) => {
      const room = await given(t);
      const before = room.deployment.process.appends();
      await tell(story, room, false);
      const { appends } = room.deployment.process;
      return { appends: appends() - before, end: await endOf(room) };
    };

    test('comes to the same end, whichever it is', async (t) => {
      const { appends, end } = await whole(t);
      for (let at = 1; at <= appends; at++)
        await t.test(`append ${at} of ${appends}`, async (one) => {
          const room = await given(one);
          const { process } = room.deployment;
          process.cutAfter(process.appends() + at);
          // Every other time the read side is lost, too.
          assert.equal(await tell(story, room, at % 2 === 0), 1);
          assert.deepEqual(await endOf(room), end);
        });
    });
  });
