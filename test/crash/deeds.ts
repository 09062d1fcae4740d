import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Session } from '#demo/api.ts';
import type { Answer, Counter } from '#test/support/counter.ts';

// What people do in a platform of auctions and wallets, as plain requests of its public API.

export const usd = (minor: bigint | number) => ({ amount: String(minor), currency: 'USD' });
const rate = [{ rateBasisPoints: 1_000 }];

/** A published sale with 10 % premium and commission. */
export async function announceSale(counter: Counter, otto: Session): Promise<void> {
  const text = { title: 'The sale', description: '', premium: rate, commission: rate };
  const sale = { saleId: 's1', currency: 'USD', ladderVersion: 1, ...text };
  await counter.command(otto, 'sale', 'auctions/schedule-sale', sale);
  await counter.command(otto, 'publish', 'auctions/publish-sale', { saleId: 's1' });
}

/** A lot of the seller's in an auction of the sale; whether it was taken. */
export async function offerLot(
  counter: Counter,
  sam: Session,
  auctionId: string,
  times: { readonly opensAt: string; readonly endsAt: string },
): Promise<boolean> {
  const lotId = `lot-${auctionId}`;
  const values = { estimateLow: usd(100), estimateHigh: usd(900), openingBid: usd(100) };
  const text = { title: `The ${lotId}`, description: 'Steel.', categories: ['watches'], pictures: [] };
  await counter.command(sam, `consign-${auctionId}`, 'auctions/consign-lot', { lotId, ...text, ...values });
  const auction = { auctionId, lotId, saleId: 's1', ...times };
  const scheduled = await counter.command(sam, `schedule-${auctionId}`, 'auctions/schedule-auction', auction);
  return scheduled?.status === 200;
}

export const bid = (
  counter: Counter,
  who: Session,
  commandId: string,
  auctionId: string,
  maximum: bigint | number,
): Promise<Answer | undefined> =>
  counter.command(who, commandId, 'auctions/place-bid', { auctionId, maximum: usd(maximum) });

export const openWallet = (counter: Counter, who: Session): Promise<Answer | undefined> =>
  counter.command(who, 'wallet', 'wallets/open-wallet', { currency: 'USD' });

const Payment = z.object({
  data: z
    .object({ payment: z.object({ status: z.string(), actionUrl: z.string().nullable() }).nullable() })
    .nullable(),
});
const PAYMENT = 'query ($id: ID!) { payment(paymentId: $id) { status actionUrl } }';
type Payment = NonNullable<NonNullable<z.output<typeof Payment>['data']>['payment']>;
/** Between two looks at a payment, in milliseconds. */
const LOOK_MS = 20;

/** A payment as soon as it has come so far; undefined when the work is over. */
async function paymentThat(
  counter: Counter,
  { authorization }: Session,
  id: string,
  hasComeSoFar: (payment: Payment) => boolean,
): Promise<Payment | undefined> {
  for (;;) {
    const asked = await counter.request('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({ query: PAYMENT, variables: { id } }),
    });
    if (asked === undefined) return undefined;
    const { data } = Payment.parse({ data: null, ...JSON.parse(asked.body) });
    if (data?.payment && hasComeSoFar(data.payment)) return data.payment;
    await pause(LOOK_MS);
  }
}

/** Pays in: asks, presses the button on the provider's page, and waits until the provider has told of it. */
export async function topUp(
  counter: Counter,
  who: Session,
  commandId: string,
  minor: bigint | number,
): Promise<void> {
  const asked = await counter.command(who, commandId, 'wallets/request-top-up', usd(minor));
  const paymentId = asked?.events[0]?.data.paymentId;
  if (typeof paymentId !== 'string') return;
  const asksOrIsPaid = ({ status, actionUrl }: Payment): boolean =>
    actionUrl !== null || status === 'confirmed';
  const waiting = await paymentThat(counter, who, paymentId, asksOrIsPaid);
  if (waiting?.actionUrl == null) return;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const page = new URL(waiting.actionUrl).pathname;
  await counter.request(page, { method: 'POST', headers, body: 'decision=confirm' });
  await paymentThat(counter, who, paymentId, ({ status }) => status === 'confirmed');
}

/** Pays out, and waits until the provider has paid. */
export async function withdraw(
  counter: Counter,
  who: Session,
  commandId: string,
  minor: bigint | number,
): Promise<void> {
  const asked = await counter.command(who, commandId, 'wallets/withdraw', usd(minor));
  const paymentId = asked?.events[0]?.data.holdId;
  if (typeof paymentId !== 'string') return;
  await paymentThat(counter, who, paymentId, ({ status }) => status === 'paid' || status === 'settled');
}
