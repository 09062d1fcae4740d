import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auction } from '#domain/auctions/auction/decider.ts';
import {
  AuctionBarred,
  AuctionCancelled,
  AuctionOpened,
  AuctionOver,
  AuctionRefused,
  AuctionScheduled,
  AuctionUnknown,
  type BidRefused,
  LotPassed,
  NotYourAuction,
  OwnLot,
  RegisterAuction,
} from '#domain/auctions/auction/messages.ts';
import { AuctionExists, SaleNotOpen } from '#domain/auctions/sale/messages.ts';
import { NotYet } from '#domain/kernel/deadline.ts';
import { later } from '#domain/kernel/instant.ts';
import { recordedReason } from '#domain/kernel/message.ts';
import { unsettledBy } from '#runtime/chain.ts';
import { terms } from '#test/support/auctions.ts';
import { ann, clara, NOW, sam, system } from '#test/support/given.ts';
import {
  acceptAnn,
  acceptedAnn,
  callOff,
  closing,
  given,
  id,
  open,
  opened,
  refusedBy,
  saleOf,
  scheduled,
} from './open-auction.ts';

// History ⇒ decision = events, one line each; the second line is the repeat, which yields nothing.

test('an auction takes in the lot it is offered', () => {
  assert.deepEqual(given([]).when('RegisterAuction', terms), [scheduled]);
  assert.deepEqual(given([scheduled]).when('RegisterAuction', terms), []);
});

test('an id that another lot’s auction has is refused, and recorded for whoever offered the lot', () => {
  const reason = recordedReason(RegisterAuction.rejections, AuctionExists({}));
  const refused = AuctionRefused({ ...id, lotId: 'l2', reason });
  assert.deepEqual(given([scheduled]).when('RegisterAuction', { ...terms, lotId: 'l2' }), [refused]);
  assert.deepEqual(given([scheduled, refused]).when('RegisterAuction', terms), []);
});

test('it opens at its time, or earlier by its seller and the house', () => {
  const byTimer = { actor: system, now: terms.opensAt };
  assert.deepEqual(given([scheduled]).when('OpenAuction', id, byTimer), [opened]);
  assert.deepEqual(given(open).when('OpenAuction', id, byTimer), []);
  assert.deepEqual(given([scheduled]).when('OpenAuction', id, { actor: sam }), [opened]);
  assert.deepEqual(given([scheduled]).when('OpenAuction', id, { actor: clara }), [opened]);
  assert.deepEqual(given([scheduled]).when('OpenAuction', id, { actor: ann }), NotYourAuction({}));
  assert.deepEqual(given([]).when('OpenAuction', id), AuctionUnknown({}));
});

test('a timer that comes before the time by the clock of who decides opens and closes nothing, and is no answer', () => {
  const [opening, ending] = [later(terms.opensAt, -1), later(terms.endsAt, -1)];
  assert.deepEqual(
    given([scheduled]).when('OpenAuction', id, { now: opening }),
    NotYet({ due: terms.opensAt, now: opening }),
  );
  assert.deepEqual(
    given(open).when('CloseLot', id, { now: ending }),
    NotYet({ due: terms.endsAt, now: ending }),
  );
  const rejection = NotYet({ due: terms.endsAt, now: ending });
  const reply = { outcome: 'rejected', commandId: 'c1', rejection, position: undefined, events: [] } as const;
  assert.equal(unsettledBy(reply), 'not_yet');
});

test('what could not open in its time is never opened: the lot passes, and nobody opens it by hand', () => {
  const late = { now: terms.endsAt };
  const passed = LotPassed({ ...id, lotId: 'l1', currency: 'USD', cause: 'never_opened' });
  assert.deepEqual(given([scheduled]).when('OpenAuction', id, late), [passed]);
  assert.deepEqual(
    given([scheduled]).when('OpenAuction', id, { ...late, actor: sam }),
    AuctionOver({ phase: 'scheduled' }),
  );
  const over = AuctionOver({ phase: 'passed' });
  assert.deepEqual(given([scheduled, passed]).when('OpenAuction', id, late), over);
  const lastMoment = { now: later(terms.endsAt, -1) };
  assert.deepEqual(given([scheduled]).when('OpenAuction', id, lastMoment), [opened]);
});

test('whoever of the house opens it is among those who may not bid in it', () => {
  const bid = { ...acceptAnn, bidder: 'otto' };
  const answered = (opener: string, staff: readonly string[] = []) => {
    const events = [AuctionScheduled({ ...terms, staff: [...staff] }), opened];
    const at = { position: 1n, occurredAt: NOW, actor: opener };
    const state = events.reduce((so, event) => auction.evolve(so, event, at), auction.initial);
    const [answer] = auction.decide.AcceptBid(bid, state, {
      ...{ now: NOW, actor: system, id: 'id1', precondition: undefined },
    }) as readonly ReturnType<typeof BidRefused>[];
    return answer;
  };
  const refused = refusedBy('b1', 'otto', OwnLot({}));
  assert.deepEqual(answered('otto'), refused);
  assert.equal(answered('clara')?.type, 'BidAccepted');
});

test('those whom the terms of the first auctions name may not bid in them', () => {
  const known = { ...terms, staff: ['otto'] };
  const history = [AuctionScheduled(known), AuctionOpened(known)];
  assert.deepEqual(given(history).when('AcceptBid', { ...acceptAnn, bidder: 'otto' }), [
    refusedBy('b1', 'otto', OwnLot({})),
  ]);
});

test('an auction is cancelled with its sale until its hammer has fallen, and no other sale’s is', () => {
  const cancelled = (leading: object) =>
    AuctionCancelled({ ...id, lotId: 'l1', currency: 'USD', cause: 'No room.', ...leading });
  const leading = { leading: { bidder: 'ann', bidId: 'b1' } };
  assert.deepEqual(given([scheduled]).when('CallOffAuction', callOff), [cancelled({})]);
  for (const standing of [[], [closing]])
    assert.deepEqual(given([...open, acceptedAnn, ...standing]).when('CallOffAuction', callOff), [
      cancelled(leading),
    ]);
  assert.deepEqual(given([scheduled, cancelled({})]).when('CallOffAuction', callOff), []);
  const passed = LotPassed({ ...id, lotId: 'l1', currency: 'USD', cause: 'no_bids' });
  assert.deepEqual(given([...open, closing, passed]).when('CallOffAuction', callOff), []);
  for (const other of [{ saleId: 's2' }, { lotId: 'l2' }])
    assert.deepEqual(given(open).when('CallOffAuction', { ...callOff, ...other }), []);
});

test('an auction that is called off before it is scheduled never is, and its id serves another lot', () => {
  const barred = AuctionBarred({ ...id, ...saleOf });
  assert.deepEqual(given([]).when('CallOffAuction', callOff), [barred]);
  assert.deepEqual(given([barred]).when('CallOffAuction', callOff), []);
  const reason = recordedReason(RegisterAuction.rejections, SaleNotOpen({ phase: 'cancelled' }));
  assert.deepEqual(given([barred]).when('RegisterAuction', terms), [
    AuctionRefused({ ...id, lotId: 'l1', reason }),
  ]);
  const other = { ...terms, lotId: 'l2' };
  assert.deepEqual(given([barred]).when('RegisterAuction', other), [AuctionScheduled(other)]);
  assert.deepEqual(given([barred, AuctionScheduled(other)]).when('CallOffAuction', callOff), []);
});
