import assert from 'node:assert/strict';
import { type Acknowledgement, judgement, type RawEvent } from '#test/judge/judge.ts';
import { run } from '#test/simulation/run.ts';
import { storyOf } from '#test/simulation/story.ts';

// A sound history of the simulation, and what it is when it is spoilt in one place.

export const sound = await run({ ...storyOf(28, 60), shared: false });
export const { history } = sound;

export function problemsOf(
  events: readonly RawEvent[],
  ...told: readonly Acknowledgement[]
): readonly string[] {
  const judge = judgement();
  for (const event of events) judge.see(event);
  for (const each of told) judge.acknowledged(each);
  judge.atRest();
  return judge.problems();
}

export const at = (type: string): number => {
  const place = history.findIndex((event) => event.type === type);
  assert.ok(place >= 0, `the history has no ${type}`);
  return place;
};
export const spoilt = (place: number, change: (event: RawEvent) => Partial<RawEvent>): readonly RawEvent[] =>
  history.map((event, index) => (index === place ? { ...event, ...change(event) } : event));
export const withData = (place: number, data: object): readonly RawEvent[] =>
  spoilt(place, (event) => ({ data: { ...event.data, ...data } }));

/** Whoever was paid, it was the other. */
export const paidToAnother = (): readonly RawEvent[] =>
  spoilt(at('LotSettled'), ({ data }) => ({
    data: { ...data, paidTo: data.paidTo === 'seller' ? 'unclaimed' : 'seller' },
  }));

/** A credit that is said to make up for something that was written off. */
export const recoveredAtOnce = (): readonly RawEvent[] =>
  spoilt(at('FundsCredited'), () => ({ type: 'LossRecovered' }));

export const FAR = '2099-01-01T00:00:00.000Z';
export const LONG_AGO = '1999-01-01T00:00:00.000Z';
/** The first event of a type as if it had been decided at another moment. */
export const decidedAt = (type: string, occurredAt: string): readonly RawEvent[] =>
  spoilt(at(type), ({ data, metadata }) => ({
    metadata: { ...metadata, occurredAt },
    data: type === 'BidPlaced' ? { ...data, moment: occurredAt } : data,
  }));

export const reasoned = (metadata: object): readonly RawEvent[] =>
  spoilt(at('BidPlaced'), (event) => ({ metadata: { ...event.metadata, ...metadata } }));

export const auctionOf = ({ data }: RawEvent): unknown => data.auctionId;

/** The place of the decision on a bid behind which another one was decided in the same auction. */
export function twoDecided(): number {
  const decided = history.filter(({ type }) => type === 'BidAccepted');
  const first = decided.find((one, at) =>
    decided.slice(at + 1).some((two) => auctionOf(two) === auctionOf(one)),
  );
  assert.ok(first);
  return history.indexOf(first);
}

export const withoutFirstOf = (place: number): readonly RawEvent[] => history.toSpliced(place, 1);

/** The bid is passed over so many times, so far behind the place before its decision. */
export function passedOver(place: number, times = 1, behind = 0): readonly RawEvent[] {
  const decided = history[place];
  assert.ok(decided);
  const event = { ...decided, type: 'BidPassedOver' };
  return history.toSpliced(place + behind, 0, ...Array.from({ length: times }, () => event));
}

/** The first proceeds of a sale were credited for something else. */
export function elsewhere(): readonly RawEvent[] {
  const credit = history.findIndex(({ data }) => data.reason === 'sale_proceeds');
  assert.ok(credit >= 0);
  return withData(credit, { reason: 'transfer' });
}

/** The lot of the first bid was entered by who made it. */
export function enteredByBidder(): readonly RawEvent[] {
  const placed = history[at('BidPlaced')];
  const { lotId } =
    history.find(({ type, data }) => type === 'AuctionScheduled' && data.auctionId === placed?.data.auctionId)
      ?.data ?? {};
  const entered = history.findIndex(({ type, data }) => type === 'LotConsigned' && data.lotId === lotId);
  return spoilt(entered, ({ metadata }) => ({ metadata: { ...metadata, actor: placed?.data.bidder } }));
}

/** Something happens to the sale of an auction before what stands at the place happens to the auction. */
export function withSaleEvent(type: string, place: number, actor?: string): readonly RawEvent[] {
  const { auctionId } = history[place]?.data ?? {};
  const entered = history.find(({ type, data }) => type === 'AuctionEntered' && data.auctionId === auctionId);
  assert.ok(entered);
  const metadata = { ...entered.metadata, ...(actor === undefined ? {} : { actor }) };
  return history.toSpliced(place, 0, { ...entered, type, metadata });
}

export const sellerOf = (event: RawEvent | undefined): string =>
  String(
    history.find(({ type, data }) => type === 'AuctionScheduled' && data.auctionId === event?.data.auctionId)
      ?.data.seller,
  );

/** Where a lot closes, its seller has called the auction off. */
export const calledOffBySeller = (): readonly RawEvent[] =>
  spoilt(at('LotClosing'), (event) => ({
    type: 'AuctionCancelled',
    metadata: { ...event.metadata, actor: sellerOf(event) },
  }));

/** Whoever offered the first lot published its sale. */
export const inOwnSale = (): readonly RawEvent[] =>
  spoilt(at('SalePublished'), ({ metadata }) => ({
    metadata: { ...metadata, actor: history[at('LotOffered')]?.data.seller },
  }));

/** What a person was credited was a debt that they gave up. */
export const ownDebtGivenUp = (): readonly RawEvent[] =>
  spoilt(at('FundsCredited'), ({ data, metadata }) => ({
    type: 'DebtWrittenOff',
    metadata: { ...metadata, actor: data.person },
  }));

/** What somebody was owed, who is still there, is given out past their wallets by themselves. */
export const ownDischarge = (): readonly RawEvent[] =>
  spoilt(at('MoneyUnclaimed'), ({ data, metadata }) => ({
    type: 'UnclaimedDischarged',
    metadata: { ...metadata, actor: data.person },
  }));

/** A sale that is under way at the end, and was never noted by its seller. */
export function sellingUnknown(): readonly RawEvent[] {
  const over = history[at('SellingEnded')]?.data;
  const isOfIt = ({ data }: RawEvent): boolean =>
    data.auctionId === over?.auctionId && data.lotId === over?.lotId;
  const gone = ['SellingBegun', 'SellingEnded', 'LotReturned', 'LotSold'];
  return history.filter((event) => !(gone.includes(event.type) && isOfIt(event)));
}

/** What the auctioneer has done about a notice, somebody else has. */
export const seenToBy = (actor: string): readonly RawEvent[] =>
  spoilt(at('NoticeHandled'), ({ metadata }) => ({ metadata: { ...metadata, actor } }));

/** The sale of an auction that nobody opened. */
export function cancelledSale(): readonly RawEvent[] {
  const scheduled = history[at('AuctionScheduled')];
  const published = history.find(
    ({ type, data }) => type === 'SalePublished' && data.saleId === scheduled?.data.saleId,
  );
  assert.ok(scheduled && published);
  const { auctionId } = scheduled.data;
  const ended = ['LotSold', 'LotPassed', 'AuctionCancelled'];
  return [
    ...history.filter(({ type, data }) => !(ended.includes(type) && data.auctionId === auctionId)),
    { ...published, type: 'SaleCancelled' },
  ];
}

export const calledLate = (): readonly RawEvent[] =>
  spoilt(at('BidAccepted'), ({ data }) => ({
    type: 'BidRefused',
    data: { ...data, reason: { code: 'funded_too_late', message: '', details: {} } },
  }));

/** An event of the type once more, at the end of its stream and of the history, under an id of its own. */
export function doubled(type: string): readonly RawEvent[] {
  const event = history[at(type)];
  const last = history.at(-1);
  assert.ok(event && last);
  const { length } = history.filter(({ stream }) => stream === event.stream);
  const eventId = '01900000-0000-7000-8000-000000000001';
  const { recordedAt } = last;
  return [...history, { ...event, eventId, recordedAt, revision: length, position: last.position + 1n }];
}
