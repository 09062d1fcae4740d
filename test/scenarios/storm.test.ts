import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Actor } from '#domain/kernel/actor.ts';
import { later } from '#domain/kernel/instant.ts';
import { person } from '#test/support/given.ts';
import { endsAt, givenOpenAuction, type Saleroom, textIn } from '#test/support/saleroom.ts';
import { seededRandom } from '#test/support/seeded.ts';
import { told } from '#test/support/told.ts';

// Many people bid at once through two processes, one of which dies on the way. Nobody knows the order beforehand, but
// whatever it is: one leads, only their money is held, and each bid has one end.

const RUNS = Number(process.env.ANNALS_RUNS ?? 4);
const cora = person('cora');
const people = [cora, person('dan'), person('eve'), person('fay')];
const WAVES = 5;
const BIDS_PER_WAVE = 8;
/** What a bid may be told; `unavailable` and `pending` are no answer, and are asked again. */
const REFUSALS = ['bid_too_low', 'maximum_not_raised', 'bid_not_funded', 'funded_too_late', 'unavailable'];

interface Wanted {
  readonly who: Actor;
  readonly maximum: bigint;
  readonly commandId: string;
}

/** Sends a wave at once, half of it through each process; those without an answer are left over. */
async function send(room: Saleroom, wanted: readonly Wanted[], twice: boolean): Promise<readonly Wanted[]> {
  const other = twice ? await room.deployment.beside() : room.deployment.process;
  const replies = await Promise.all(
    wanted.map(({ who, maximum, commandId }, at) =>
      room.bid(who, maximum, commandId, at % 2 === 0 ? room.deployment.process : other),
    ),
  );
  return wanted.filter((_, at) => {
    const reply = replies[at];
    if (reply?.outcome !== 'rejected') return reply?.outcome !== 'accepted';
    assert.ok(REFUSALS.includes(reply.rejection.code), told(reply));
    return reply.rejection.code === 'unavailable';
  });
}

/** How each bid of the history ended: exactly one end for each that was placed. */
async function endsOfBids({ deployment }: Saleroom): Promise<ReadonlyMap<string, readonly string[]>> {
  const ends = new Map<string, string[]>();
  for (const { type, data } of await deployment.everything()) {
    if (type === 'BidPlaced') ends.set(textIn(data, 'bidId'), []);
    if (type === 'BidAccepted' || type === 'BidRefused') ends.get(textIn(data, 'bidId'))?.push(type);
    if (type === 'FundsRefused') ends.get(textIn(data, 'claimId'))?.push(type);
  }
  return ends;
}

describe('a storm of bids', () => {
  for (let seed = 1; seed <= RUNS; seed++)
    test(`with seed ${seed} leaves one leader, whose money alone is held`, async (t) => {
      const random = seededRandom(seed);
      const room = await givenOpenAuction(t);
      await room.fund(...people);
      await room.join(...people);
      let left: readonly Wanted[] = [];
      for (let wave = 0; wave < WAVES; wave++) {
        const fresh = Array.from({ length: BIDS_PER_WAVE }, (_, at) => ({
          who: people[Math.floor(random() * people.length)] ?? cora,
          maximum: BigInt(1 + Math.floor(random() * 20) + wave * 18) * 1_00n,
          commandId: `c-${wave}-${at}`,
        }));
        const { process } = room.deployment;
        if (wave % 2 === 1) process.cutAfter(process.appends() + 1 + Math.floor(random() * 20));
        left = await send(room, [...left, ...fresh], wave % 2 === 0);
        if (wave % 2 === 1) await room.deployment.restart({ kill: true, loseViews: random() < 0.5 });
      }
      for (let tries = 0; left.length > 0 && tries < 5; tries++) left = await send(room, left, false);
      assert.deepEqual(left, []);
      await room.deployment.settle();

      const auction = await room.deployment.history('auction-a1');
      const leader = textIn(auction.findLast(({ type }) => type === 'BidAccepted')?.data, 'leader');
      assert.deepEqual(Object.keys((await room.audited()).held), [`${leader}:USD/a1`]);
      for (const [bidId, ends] of await endsOfBids(room)) assert.equal(ends.length, 1, `${bidId}: ${ends}`);

      await room.deployment.advanceTo(later(endsAt, 1));
      assert.deepEqual((await room.audited()).held, {});
      const sold = (await room.deployment.history('auction-a1')).find(({ type }) => type === 'LotSold');
      assert.equal(textIn(sold?.data, 'winner'), leader);
      assert.equal((await room.deployment.types('auction-a1')).at(-1), 'LotSettled');
    });
});
