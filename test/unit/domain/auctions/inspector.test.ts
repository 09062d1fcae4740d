import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auction } from '#domain/auctions/auction/decider.ts';
import { AuctionCancelled, AuctionOpened, AuctionScheduled } from '#domain/auctions/auction/messages.ts';
import type { AuctionState, AuctionTerms } from '#domain/auctions/auction/state.ts';
import { inspector } from '#domain/auctions/inspector/decider.ts';
import { HasReadSecrets, type Insight, SecretsRead } from '#domain/auctions/inspector/messages.ts';
import { type Inspector, nothingRead } from '#domain/auctions/inspector/reading.ts';
import type { Instant } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { money } from '#domain/kernel/money.ts';
import { fromPlain, toPlain } from '#domain/kernel/plain.ts';
import { joinAuction } from '#domain/workflows/join-auction.ts';
import { placeBid } from '#domain/workflows/place-bid.ts';
import { terms, untouched } from '#test/support/auctions.ts';
import { ann, deciding, NOW, otto, stateOf } from '#test/support/given.ts';

const given = deciding(inspector);
const at = (clock: string): Instant => `2026-03-01T${clock}:00.000Z`;
const read = (readUntil: Instant, insight: Insight = 'maxima') =>
  SecretsRead({ person: 'ann', insight, readUntil, shownBy: 'ledger' });

test('a reading is recorded once, and a later one again', () => {
  const { data } = read(at('12:01'));
  assert.deepEqual(given([]).when('RecordReading', data), [read(at('12:01'))]);
  assert.deepEqual(given([read(at('12:01'))]).when('RecordReading', data), []);
  assert.deepEqual(given([read(at('12:00'))]).when('RecordReading', data), [read(at('12:01'))]);
  assert.deepEqual(given([read(at('12:01'), 'reserves')]).when('RecordReading', data), [read(at('12:01'))]);
});

test('a clock that was set back does not unread anything', () => {
  const state = stateOf(inspector, [read(at('12:30')), read(at('11:00'))]);
  assert.deepEqual(state, { maxima: { until: at('12:30'), position: 20n } });
});

test('what was read survives a snapshot', () => {
  const state = stateOf(inspector, [read(at('12:30')), read(at('12:40'), 'reserves')]);
  assert.deepEqual(fromPlain(toPlain(state)), state);
});

/** An auction that was scheduled at 12:00 (position 100) and opened at 13:00 (position 200). */
function auctionOf(over: Pick<AuctionTerms, 'reserve' | 'consignedAt'> = {}): AuctionState {
  const frozen = { ...terms, ...over };
  const scheduled = auction.evolve(auction.initial, AuctionScheduled(frozen), {
    position: 100n,
    occurredAt: at('12:00'),
    actor: 'sam',
  });
  return auction.evolve(scheduled, AuctionOpened(frozen), {
    position: 200n,
    occurredAt: at('13:00'),
    actor: 'sam',
  });
}
const plain = auctionOf();
const reserved = auctionOf({ reserve: 50_00n });

/** By each insight: the reading stands until then, at this position. */
const shown = (insight: Insight, until: Instant, position: bigint): Inspector => ({
  [insight]: { until, position },
});

const table: readonly (readonly [
  what: string,
  Inspector,
  to: { readonly plain: boolean; readonly reserved: boolean; readonly cancel: boolean },
])[] = [
  ['nobody has shown them anything', nothingRead, { plain: false, reserved: false, cancel: false }],
  [
    'maxima before the auction was scheduled',
    shown('maxima', at('11:59'), 90n),
    { plain: false, reserved: false, cancel: false },
  ],
  [
    'maxima before it opened: nothing but its reserve was there to be read',
    shown('maxima', at('12:59'), 190n),
    { plain: false, reserved: true, cancel: false },
  ],
  [
    'maxima after it opened',
    shown('maxima', at('13:05'), 210n),
    { plain: true, reserved: true, cancel: true },
  ],
  [
    'a reading that began before it opened and stands for what followed',
    shown('maxima', at('13:00'), 199n),
    { plain: true, reserved: true, cancel: true },
  ],
  [
    'maxima after it opened by a clock that was set back',
    shown('maxima', at('09:00'), 210n),
    { plain: true, reserved: true, cancel: true },
  ],
  [
    'reserves before it was scheduled',
    shown('reserves', at('11:59'), 90n),
    { plain: false, reserved: false, cancel: false },
  ],
  [
    'reserves while it was there',
    shown('reserves', at('12:30'), 150n),
    { plain: false, reserved: true, cancel: false },
  ],
];

const id = { auctionId: 'a1' };
const bid = { ...id, maximum: money(60_00n, 'USD') };
const codeOf = (precondition: unknown): string | undefined =>
  (precondition as { readonly refusal?: Rejection }).refusal?.code;

for (const [what, known, { plain: ofPlain, reserved: ofReserved, cancel }] of table)
  test(`who may act on an auction: ${what}`, () => {
    const facts = { now: NOW, actor: ann };
    const refused = (precondition: typeof placeBid.precondition, data: object, state: AuctionState) =>
      codeOf(precondition({ ...untouched, auction: state, inspector: known }, data, facts)) ===
      HasReadSecrets.code;
    for (const [workflow, data] of [
      [placeBid, bid],
      [joinAuction, id],
    ] as const) {
      assert.equal(refused(workflow.precondition, data, plain), ofPlain, workflow.command.type);
      assert.equal(refused(workflow.precondition, data, reserved), ofReserved, workflow.command.type);
    }
    const cancelled = auction.decide.CancelAuction({ ...id, cause: 'A forgery.' }, plain, {
      ...{ now: NOW, actor: otto, id: 'id1', precondition: { inspector: known, hasBid: false } },
    });
    const readUntil = known.maxima?.until ?? '';
    const called = AuctionCancelled({ ...id, lotId: 'l1', currency: 'USD', cause: 'A forgery.' });
    assert.deepEqual(cancelled, cancel ? HasReadSecrets({ readUntil }) : [called]);
  });

test('a reserve is known from when its lot came to the house', () => {
  const early = auctionOf({ reserve: 50_00n, consignedAt: at('10:00') });
  for (const [until, free] of [
    [at('09:59'), true],
    [at('10:30'), false],
  ] as const) {
    const states = { ...untouched, auction: early, inspector: shown('reserves', until, 50n) };
    const precondition = placeBid.precondition(states, bid, { now: NOW, actor: ann });
    assert.equal(codeOf(precondition), free ? undefined : HasReadSecrets.code);
  }
});

test('the refusal says from when on they are free again', () => {
  const precondition = placeBid.precondition(
    { ...untouched, auction: plain, inspector: shown('maxima', at('13:05'), 210n) },
    bid,
    { now: NOW, actor: ann },
  );
  assert.deepEqual(precondition, { refusal: HasReadSecrets({ readUntil: at('13:05') }) });
  assert.equal(placeBid.refuses(precondition), true);
});
