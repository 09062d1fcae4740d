import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auction } from '#domain/auctions/auction/decider.ts';
import {
  AuctionClosed,
  AuctionNotOpen,
  AuctionOpened,
  AuctionScheduled,
  AuctionUnknown,
  BidAccepted,
  BidTooLow,
  CurrencyMismatch,
  LotClosing,
  OwnLot,
} from '#domain/auctions/auction/messages.ts';
import type { AuctionEvent } from '#domain/auctions/auction/state.ts';
import { noHands, withHand } from '#domain/auctions/hands.ts';
import { nothingRead } from '#domain/auctions/inspector/reading.ts';
import { participant } from '#domain/auctions/participant/decider.ts';
import {
  BidPlaced,
  BidRejected,
  NotJoined,
  ParticipantJoined,
  PlaceBid,
  ReputationTooLow,
  StaffMayNotBid,
} from '#domain/auctions/participant/messages.ts';
import type { Actor } from '#domain/kernel/actor.ts';
import { later } from '#domain/kernel/instant.ts';
import { recordedReason } from '#domain/kernel/message.ts';
import { money } from '#domain/kernel/money.ts';
import { joinAuction } from '#domain/workflows/join-auction.ts';
import { placeBid } from '#domain/workflows/place-bid.ts';
import { terms, untouched } from '#test/support/auctions.ts';
import { ann, clara, deciding, NOW, person, sam, stateOf } from '#test/support/given.ts';

const given = deciding(participant);
const id = { auctionId: 'a1' };
const usd = (amount: bigint) => money(amount, 'USD');
const bid = { ...id, maximum: usd(10_00n) };
const passes = { hold: 12_00n, endsAt: terms.endsAt };
const welcome = { welcome: true, endsAt: terms.endsAt } as const;
const joined = ParticipantJoined({ ...id, person: 'ann', reputation: 0 });

test('somebody joins once', () => {
  assert.deepEqual(given([]).when('JoinAuction', id, { actor: ann, precondition: welcome }), [joined]);
  assert.deepEqual(given([joined]).when('JoinAuction', id, { actor: ann, precondition: welcome }), []);
});

test('nobody joins from the moment on at which the lot ends, however late its timer comes', () => {
  const [before, ended] = [later(terms.endsAt, -1), AuctionNotOpen({ phase: 'closing' })];
  const ask = { actor: ann, precondition: welcome };
  assert.deepEqual(given([]).when('JoinAuction', id, { ...ask, now: before }), [joined]);
  assert.deepEqual(given([]).when('JoinAuction', id, { ...ask, now: terms.endsAt }), ended);
});

test('a no at the door of the auction is the answer', () => {
  const refusal = ReputationTooLow({ minimum: 10, yours: 3 });
  assert.deepEqual(given([]).when('JoinAuction', id, { actor: ann, precondition: { refusal } }), refusal);
});

test('a bid that passes is placed with what has to be held for it', () => {
  const placed = BidPlaced({
    ...{ ...id, bidId: 'b1', bidder: 'ann', currency: 'USD', maximum: 10_00n, hold: 12_00n, moment: NOW },
    nth: 1,
  });
  const facts = { actor: ann, id: 'b1', precondition: passes };
  assert.deepEqual(given([joined]).when('PlaceBid', bid, facts), [placed]);
});

test('the bids of one person that pass the door are counted, also from those that were not numbered', () => {
  const facts = { actor: ann, id: 'b9', precondition: passes };
  const first = BidPlaced({
    ...id,
    bidId: 'b1',
    bidder: 'ann',
    currency: 'USD',
    maximum: 1_00n,
    hold: 1_00n,
  });
  const turnedAway = BidRejected({
    ...{ ...id, bidId: 'b2', bidder: 'ann', currency: 'USD', maximum: 1_00n },
    reason: recordedReason(PlaceBid.rejections, OwnLot({})),
  });
  const numberOf = (history: Parameters<typeof given>[0]) => {
    const [placed] = given(history).when('PlaceBid', bid, facts) as readonly ReturnType<typeof BidPlaced>[];
    return placed?.data.nth;
  };
  assert.equal(numberOf([joined, first]), 2);
  assert.equal(numberOf([joined, first, turnedAway]), 2);
  assert.equal(numberOf([joined, first, BidPlaced({ ...first.data, bidId: 'b3', nth: 2 })]), 3);
});

test('a bid is placed up to the last moment before the lot ends, also if it was precondition before', () => {
  const at = (now: string) =>
    given([joined]).when('PlaceBid', bid, { actor: ann, id: 'b1', precondition: passes, now });
  const [placed] = at(later(terms.endsAt, -1)) as readonly ReturnType<typeof BidPlaced>[];
  assert.equal(placed?.data.moment, later(terms.endsAt, -1));
  const [rejected] = at(terms.endsAt) as readonly ReturnType<typeof BidRejected>[];
  assert.equal(rejected?.type, 'BidRejected');
  assert.equal(rejected.data.reason.code, 'auction_closed');
});

test('a bid that is turned away is recorded with its reason, and nothing of a bid in no auction', () => {
  const refusal = BidTooLow({ price: usd(20_00n), smallestBid: usd(20_50n) });
  const rejected = (why: typeof refusal | ReturnType<typeof NotJoined>) =>
    BidRejected({
      ...{ ...id, bidId: 'b1', bidder: 'ann', currency: 'USD', maximum: 10_00n },
      reason: recordedReason(PlaceBid.rejections, why),
    });
  const facts = { actor: ann, id: 'b1' };
  assert.deepEqual(given([joined]).when('PlaceBid', bid, { ...facts, precondition: { refusal } }), [
    rejected(refusal),
  ]);
  assert.deepEqual(given([]).when('PlaceBid', bid, { ...facts, precondition: passes }), [
    rejected(NotJoined({})),
  ]);
  const unknown = AuctionUnknown({});
  assert.deepEqual(
    given([]).when('PlaceBid', bid, { ...facts, precondition: { refusal: unknown } }),
    unknown,
  );
});

const frozen = { ...terms, premium: [{ rateBasisPoints: 2_000 }], minimumReputation: 5 };
const scheduled = AuctionScheduled(frozen);
const open = [scheduled, AuctionOpened(frozen)];
type AuctionHistory = readonly AuctionEvent[];
const facts = (actor: Actor, now: string = NOW) => ({ now, actor });
const bidPrecondition = (history: AuctionHistory, data: object, actor: Actor = ann, now: string = NOW) =>
  placeBid.precondition(
    { ...untouched, auction: stateOf(auction, history), inspector: nothingRead },
    data,
    facts(actor, now),
  );
const joinPrecondition = (history: AuctionHistory, actor: Actor, now: string = NOW) =>
  joinAuction.precondition(
    { ...untouched, auction: stateOf(auction, history), inspector: nothingRead },
    id,
    facts(actor, now),
  );

test('the door lets a sound bid through with maximum and premium to hold', () => {
  assert.deepEqual(bidPrecondition(open, bid), passes);
  assert.equal(placeBid.refuses(passes), false);
  assert.equal(placeBid.reads.auction?.stream(bid, ann), 'auction-a1');
  assert.equal(placeBid.reads.inspector?.stream(bid, ann), 'inspector-ann');
});

test('the door turns away whoever owes, as their wallet would', () => {
  const debtor = { ...untouched.debtor, expected: [{ owed: 1n, currency: 'EUR', movement: 'm' }] };
  const states = { ...untouched, auction: stateOf(auction, open), inspector: nothingRead, debtor };
  const precondition = placeBid.precondition(states, bid, facts(ann)) as {
    readonly refusal: { readonly details: object };
  };
  assert.equal(placeBid.refuses(precondition), true);
  assert.deepEqual(precondition.refusal.details, {
    needed: usd(passes.hold),
    ...{ owed: 1n, owedIn: 'EUR', cause: 'debt_outstanding' },
  });
  assert.equal(placeBid.reads.debtor?.stream(bid, ann), 'debtor-ann');
});

test('whoever entered or changed the lot or the sale bids on it under no role', () => {
  const hands = withHand(noHands, { actor: 'clara' });
  const refusal = { refusal: OwnLot({}) };
  const clerk = person('clara', ['bidder'], 9);
  const around = { ...untouched, auction: stateOf(auction, open), inspector: nothingRead };
  const known = { phase: 'consigned', hands };
  for (const states of [
    { ...around, lot: known },
    { ...around, sale: known },
  ]) {
    assert.deepEqual(placeBid.precondition(states, bid, facts(clerk)), refusal);
    assert.deepEqual(joinAuction.precondition(states, id, facts(clerk)), refusal);
    assert.deepEqual(placeBid.precondition(states, bid, facts(ann)), passes);
  }
});

test('the door reads the lot and the sale that the auction names, each to its end', () => {
  for (const { readsNext } of [placeBid, joinAuction]) {
    const streamsOf = (history: AuctionHistory) =>
      Object.values(readsNext).map(({ stream }) =>
        stream({ auction: stateOf(auction, history), inspector: nothingRead }, ann),
      );
    assert.deepEqual(streamsOf(open), ['lot-l1', 'sale-s1']);
    assert.deepEqual(streamsOf([]), [undefined, undefined]);
    assert.ok(Object.values(readsNext).every(({ toEnd }) => toEnd));
  }
});

test('the door turns away what cannot stand', () => {
  const mismatch = CurrencyMismatch({ currency: 'USD' });
  const low = BidTooLow({ price: usd(1_00n), smallestBid: usd(1_00n) });
  const table: readonly (readonly [AuctionHistory, typeof bid, Actor, object])[] = [
    [[], bid, ann, AuctionUnknown({})],
    [[scheduled], bid, ann, AuctionNotOpen({ phase: 'scheduled' })],
    [open, { ...id, maximum: money(10_00n, 'EUR') }, ann, mismatch],
    [open, { ...id, maximum: usd(99n) }, ann, low],
    [open, bid, sam, OwnLot({})],
    [open, bid, clara, StaffMayNotBid({})],
    [open, bid, person('ann', ['bidder', 'auditor']), StaffMayNotBid({})],
    [open, bid, person('ann', ['investigator', 'bidder']), StaffMayNotBid({})],
    // Its keeper sells the lot, or has read the maxima: it bids for nobody.
    [open, bid, { ...person('client.scales', ['bidder']), keepers: ['ada'] }, StaffMayNotBid({})],
  ];
  for (const [history, data, actor, refusal] of table) {
    const precondition = bidPrecondition(history, data, actor);
    assert.deepEqual(precondition, { refusal });
    assert.equal(placeBid.refuses(precondition), true);
  }
  const late = bidPrecondition([...open, LotClosing(id)], bid) as { refusal: { code: string } };
  assert.equal(late.refusal.code, 'auction_closed');
});

test('the door is shut from the moment on at which the lot ends, whether it was closed, or ever opened', () => {
  for (const history of [open, [scheduled], [...open, LotClosing(id)]]) {
    assert.deepEqual(bidPrecondition(history, bid, ann, terms.endsAt), { refusal: AuctionClosed({}) });
    const ended = { refusal: AuctionNotOpen({ phase: 'closing' }) };
    assert.deepEqual(joinPrecondition(history, person('ann', ['bidder'], 5), terms.endsAt), ended);
  }
  assert.deepEqual(bidPrecondition(open, bid, ann, later(terms.endsAt, -1)), passes);
});

test('who joins needs the reputation the auction asks for', () => {
  assert.deepEqual(joinPrecondition(open, person('ann', ['bidder'], 5)), welcome);
  assert.deepEqual(joinPrecondition([scheduled], person('ann', ['bidder'], 5)), welcome);
  const low = { refusal: ReputationTooLow({ minimum: 5, yours: 4 }) };
  assert.deepEqual(joinPrecondition(open, person('ann', ['bidder'], 4)), low);
  assert.deepEqual(joinPrecondition([], ann), { refusal: AuctionUnknown({}) });
  assert.deepEqual(joinPrecondition(open, person('sam', ['seller', 'bidder'], 9)), { refusal: OwnLot({}) });
  assert.deepEqual(joinPrecondition(open, clara), { refusal: StaffMayNotBid({}) });
  const ended = { refusal: AuctionNotOpen({ phase: 'closing' }) };
  assert.deepEqual(joinPrecondition([...open, LotClosing(id)], person('ann', ['bidder'], 9)), ended);
});

test('nobody joins or bids where the sale does not take place, also before the auction has heard of it', () => {
  const sale = { phase: 'cancelled', hands: noHands };
  const around = { ...untouched, auction: stateOf(auction, open), inspector: nothingRead, sale };
  const calledOff = { refusal: AuctionNotOpen({ phase: 'cancelled' }) };
  assert.deepEqual(placeBid.precondition(around, bid, facts(ann)), calledOff);
  assert.deepEqual(joinAuction.precondition(around, id, facts(person('ann', ['bidder'], 9))), calledOff);
});

test('the door knows the leader’s maximum and tells nobody', () => {
  const led = BidAccepted({
    ...{ ...id, bidId: 'b1', bidder: 'ann', currency: 'USD', maximum: 10_00n },
    ...{ leader: 'ann', price: 1_00n, smallestBid: 1_25n, reserveMet: true },
  });
  const raise = bidPrecondition([...open, led], bid) as { refusal: { code: string; details: object } };
  assert.equal(raise.refusal.code, 'maximum_not_raised');
  assert.deepEqual(raise.refusal.details, { price: usd(1_00n) });
  assert.deepEqual(bidPrecondition([...open, led], bid, person('bob')), passes);
});
