import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Insight, RecordReading, SecretsRead } from '#domain/auctions/inspector/messages.ts';
import { systemActor } from '#domain/kernel/actor.ts';
import { later } from '#domain/kernel/instant.ts';
import { pipelineLimits } from '#write-side/pipeline/limits.ts';
import { bob, givenOpenAuction, refusedWith, type Saleroom } from '../support/saleroom.ts';

// What was read stays read: beside other processes, over crashes, and from snapshots.

const MINUTE_MS = 60_000;
/** As the read side records it before an answer leaves. */
async function read({ deployment }: Saleroom, minutes = 1, insight: Insight = 'maxima'): Promise<void> {
  const readUntil = later(deployment.clock.now(), minutes * MINUTE_MS);
  const reading = { person: bob.id, insight, readUntil, shownBy: 'ledger' };
  await deployment.done(RecordReading(reading), systemActor('readings'));
}

test('a reading in one process counts in another that has known the person without it', async (t) => {
  const room = await givenOpenAuction(t);
  const other = await room.deployment.beside();
  assert.equal((await room.bid(bob, 5_00n, 'b1', other)).outcome, 'accepted');
  await read(room);
  for (const process of [other, room.deployment.process])
    assert.equal(refusedWith(await room.bid(bob, 6_00n, undefined, process)), 'has_read_secrets');
  assert.equal((await room.bid(bob, 5_00n, 'b1', other)).outcome, 'accepted', 'what was bid before stands');
  await room.audited();
});

test('a reading outlives the process that recorded it, and all read models', async (t) => {
  const room = await givenOpenAuction(t);
  await read(room);
  for (const loseViews of [false, true]) {
    await room.deployment.restart({ kill: true, loseViews });
    assert.equal(refusedWith(await room.bid(bob, 5_00n)), 'has_read_secrets');
  }
  assert.deepEqual(
    (await room.deployment.history('participant-a1:bob')).map(({ type }) => type),
    ['ParticipantJoined', 'BidRejected', 'BidRejected'],
    'each try is kept',
  );
  await room.audited();
});

test('a reading that is only in a snapshot counts', async (t) => {
  const room = await givenOpenAuction(t);
  await read(room);
  // Of reserves, which hinder nobody where there is none: the reading that counts is the oldest.
  for (let minutes = 2; minutes < pipelineLimits.eventsPerSnapshot + 2; minutes++)
    await read(room, minutes, 'reserves');
  await room.deployment.restart();
  assert.ok(await room.deployment.readStore.snapshots.read('inspector-bob'));
  assert.equal(refusedWith(await room.bid(bob, 5_00n)), 'has_read_secrets');
});

test('a bid that was sent before the reading was durable may stand, one sent behind it never does', async (t) => {
  const room = await givenOpenAuction(t);
  const { deployment } = room;
  const other = await deployment.beside();
  const held = deployment.process.holdBack(({ type }) => type === SecretsRead.type);
  const recorded = read(room);
  await held.reached;
  // The answer with the secret waits for the record: whoever bids now cannot have seen it.
  const before = await room.bid(bob, 5_00n, undefined, other);
  assert.equal(before.outcome, 'accepted');
  held.release();
  await recorded;
  assert.equal(refusedWith(await room.bid(bob, 6_00n, undefined, other)), 'has_read_secrets');
  await deployment.settle();
  await room.audited();
});
