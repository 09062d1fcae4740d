import { z } from 'zod';
import { type Api, connect, type Session } from '#demo/api.ts';
import { laterBy, platformClock } from '#demo/clock.ts';

// A platform with people, money, sales, lots and auctions in every phase, made by its public API alone: what strangers
// and fuzzers need so that what they send is met by real things.

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Into each wallet, in minor units. */
const FUNDS = '1000000000000';

/** Who lives there, by name, with their roles. */
export const people = {
  ann: ['bidder'],
  bob: ['bidder'],
  cyd: ['bidder'],
  dan: ['bidder', 'seller'],
  sam: ['seller', 'bidder'],
  sue: ['seller'],
  otto: ['auctioneer'],
  clara: ['clerk'],
  ida: ['auditor'],
  ines: ['investigator'],
  adam: ['admin'],
} as const satisfies Record<string, readonly string[]>;
export type Person = keyof typeof people;
export const everybody = Object.keys(people) as readonly Person[];

/** The ids of what is there, by kind; the phase of each is in its name. */
export const things = {
  sales: ['spring', 'autumn', 'euro', 'cancelled-sale', 'closed-sale'],
  lots: ['lot-1', 'lot-2', 'lot-3', 'lot-4', 'lot-5', 'lot-sold', 'lot-passed', 'lot-free', 'lot-withdrawn'],
  auctions: ['open-1', 'open-2', 'open-3', 'later-1', 'off-1', 'sold-1', 'passed-1'],
} as const;

export interface Inhabited {
  readonly url: string;
  readonly api: Api;
  readonly sessions: Readonly<Record<Person, Session>>;
  /** The business's time. */
  readonly now: string;
  /** Tokens of places in this history, the first before everything. */
  readonly places: readonly string[];
  /** Payments that wait, were confirmed, or were refused. */
  readonly payments: readonly string[];
  /** Lets the business's time pass until every auction has ended and every wait is over. */
  untilRest(): Promise<void>;
}

const amount = (minor: string) => ({ amount: minor, currency: 'USD' });
const rate = [{ rateBasisPoints: 1_000 }];
const Action = z.object({ payment: z.object({ actionUrl: z.string().nullable() }).nullable() });

/** Moves in. @throws Error naming the first command that was refused */
export async function inhabit(url: string, gone = new AbortController().signal): Promise<Inhabited> {
  const api = connect({ url, run: 'inhabit', gone });
  const clock = platformClock(api);
  const signedIn = await Promise.all(
    everybody.map(async (name) => [name, await api.signIn(name, people[name], 10)] as const),
  );
  const sessions = Object.fromEntries(signedIn) as Record<Person, Session>;
  const start = await clock.now();
  const payments: string[] = [];
  let sent = 0;

  const send = async (who: Person, path: string, data: object) => {
    sent += 1;
    return api.accepted(sessions[who], path, data, String(sent));
  };

  async function pay(who: Person, currency: string): Promise<void> {
    const { events, token } = await send(who, 'wallets/request-top-up', { amount: FUNDS, currency });
    const paymentId = String(events[0]?.data.paymentId);
    payments.push(paymentId);
    await clock.settle();
    const query = 'query ($id: ID!, $at: Token) { payment(paymentId: $id, atLeast: $at) { actionUrl } }';
    const { payment } = await api.ask(Action, query, { id: paymentId, at: token }, sessions[who]);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    if (payment?.actionUrl == null) throw new Error(`${who} cannot confirm ${paymentId}`);
    await api.request(payment.actionUrl, { method: 'POST', headers, body: 'decision=confirm' });
  }

  async function openWallets(): Promise<void> {
    // Sam has none, so that what he sells for is owed to him.
    for (const who of ['ann', 'bob', 'cyd', 'dan', 'sue'] as const)
      await send(who, 'wallets/open-wallet', { currency: 'USD' });
    await send('ann', 'wallets/open-wallet', { currency: 'EUR' });
    for (const who of ['ann', 'bob', 'cyd', 'dan'] as const) await pay(who, 'USD');
    await pay('ann', 'EUR');
    const { events } = await send('bob', 'wallets/request-top-up', amount('5000'));
    payments.push(String(events[0]?.data.paymentId));
    await clock.settle();
  }

  async function announceSales(): Promise<void> {
    const terms = { title: 'A sale', description: '', premium: rate, commission: rate, ladderVersion: 1 };
    for (const saleId of things.sales) {
      const currency = saleId === 'euro' ? 'EUR' : 'USD';
      await send('otto', 'auctions/schedule-sale', { saleId, currency, ...terms });
      if (saleId !== 'autumn') await send('clara', 'auctions/publish-sale', { saleId });
    }
    await send('otto', 'auctions/cancel-sale', { saleId: 'cancelled-sale', cause: 'rain' });
    await send('otto', 'auctions/close-sale', { saleId: 'closed-sale' });
  }

  async function consign(lotId: string): Promise<void> {
    const values = { estimateLow: amount('100'), estimateHigh: amount('900'), openingBid: amount('100') };
    const text = { title: `The ${lotId}`, description: 'Steel.', categories: ['watches'], pictures: [] };
    await send('sam', 'auctions/consign-lot', { lotId, ...text, ...values });
  }

  async function schedule(auctionId: string, lotId: string, opensAt: string, endsAt: string): Promise<void> {
    await send('sam', 'auctions/schedule-auction', { auctionId, lotId, saleId: 'spring', opensAt, endsAt });
  }

  async function holdAuctions(): Promise<void> {
    for (const lotId of things.lots) await consign(lotId);
    await send('sam', 'auctions/withdraw-lot', { lotId: 'lot-withdrawn', cause: 'sentiment' });
    const soon = [laterBy(start, MINUTE_MS), laterBy(start, 2 * MINUTE_MS)] as const;
    await schedule('sold-1', 'lot-sold', ...soon);
    await schedule('passed-1', 'lot-passed', ...soon);
    await clock.moveTo(soon[0]);
    await send('ann', 'auctions/join-auction', { auctionId: 'sold-1' });
    await send('ann', 'auctions/place-bid', { auctionId: 'sold-1', maximum: amount('500') });
    await clock.moveTo(laterBy(soon[1], MINUTE_MS));
    const ends = laterBy(start, 30 * DAY_MS);
    for (const [auctionId, lotId] of [
      ['open-1', 'lot-1'],
      ['open-2', 'lot-2'],
      ['open-3', 'lot-3'],
      ['later-1', 'lot-4'],
      ['off-1', 'lot-5'],
    ] as const) {
      await schedule(auctionId, lotId, laterBy(start, 20 * DAY_MS), ends);
      if (auctionId.startsWith('open')) await send('sam', 'auctions/open-auction', { auctionId });
    }
    await send('otto', 'auctions/cancel-auction', { auctionId: 'off-1', cause: 'rain' });
    for (const who of ['ann', 'bob', 'cyd'] as const)
      await send(who, 'auctions/join-auction', { auctionId: 'open-1' });
    await send('ann', 'auctions/join-auction', { auctionId: 'open-2' });
  }

  const Now = z.object({ now: z.string() });
  const places = [(await api.ask(Now, '{ now }', {})).now];
  await openWallets();
  await announceSales();
  places.push((await api.ask(Now, '{ now }', {})).now);
  await holdAuctions();
  await clock.settle();
  places.push((await api.ask(Now, '{ now }', {})).now);
  return {
    url,
    api,
    sessions,
    now: await clock.now(),
    places,
    payments,
    untilRest: async () => clock.moveTo(laterBy(await clock.now(), 200 * DAY_MS)),
  };
}
