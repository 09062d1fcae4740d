import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Api, Session } from './api.ts';
import { eachOf } from './at-once.ts';
import type { PlatformClock } from './clock.ts';
import { CURRENCY, type House } from './house.ts';
import type { Purse } from './plan.ts';
import { stage } from './progress.ts';

// The bidders: each signs in, opens a wallet, pays into it and confirms the payment on the provider's page.

const AT_ONCE = 48;
const PAGE = 100;
/** How often and how long the provider is waited for, until it has its page ready. */
const waits = { attempts: 100, firstPauseMs: 20, longestPauseMs: 500 } as const;
/** How often it is looked whether payments have arrived, and how often in vain. */
const arrivals = { pauseMs: 100, attempts: 600 } as const;

/** Signs bidders in, each once for each reputation they bid with. */
export function bidders(api: Api): (bidder: string, reputation: number) => Promise<Session> {
  const sessions = new Map<string, Promise<Session>>();
  return (bidder, reputation) => {
    const key = `${bidder} ${reputation}`;
    const known = sessions.get(key) ?? api.signIn(bidder, ['bidder'], reputation);
    sessions.set(key, known);
    return known;
  };
}

/** Somebody with a payment under way. */
interface Payer {
  readonly session: Session;
  readonly paymentId: string;
  /** Behind which the payment is known. */
  readonly token: string | undefined;
}

const Payment = z.object({ status: z.string(), actionUrl: z.string().nullable() });
type Payment = z.output<typeof Payment>;
const OfPayment = z.object({ payment: Payment.nullable() });
const PAYMENT = `query ($id: ID!, $atLeast: Token) { payment(paymentId: $id, atLeast: $atLeast) { status actionUrl } }`;

/** Asks for a payment until it can be confirmed, or has been by a run before this one. */
async function confirmable(api: Api, { session, paymentId, token }: Payer): Promise<Payment> {
  for (let attempt = 0; attempt < waits.attempts; attempt++) {
    if (attempt > 0) await pause(Math.min(waits.firstPauseMs * 2 ** (attempt - 1), waits.longestPauseMs));
    const { payment } = await api.ask(OfPayment, PAYMENT, { id: paymentId, atLeast: token }, session);
    if (payment?.status === 'requires_action' || payment?.status === 'confirmed') return payment;
    if (payment !== null && payment.status !== 'initiated')
      throw new Error(`the payment ${paymentId} of ${session.person} has ${payment.status}`);
  }
  throw new Error(`the provider does not take the payment ${paymentId} of ${session.person}`);
}

const Requested = z.object({ paymentId: z.string() });

/** Begins a payment of `cents` into a wallet, which it opens. */
async function payIn(api: Api, session: Session, cents: bigint, purpose: string): Promise<Payer> {
  await api.accepted(session, 'wallets/open-wallet', { currency: CURRENCY }, 'wallet');
  const asked = { amount: String(cents), currency: CURRENCY };
  const { events, token } = await api.accepted(session, 'wallets/request-top-up', asked, purpose);
  const { paymentId } = Requested.parse(events[0]?.data);
  return { session, paymentId, token };
}

/** What a person does in the browser: looks at the page, and presses the button. */
async function confirm(api: Api, payer: Payer): Promise<void> {
  const { actionUrl } = await confirmable(api, payer);
  if (actionUrl === null) return;
  // A platform that was started again may listen on another port than the one the page was made for.
  const { pathname } = new URL(actionUrl);
  const page = await api.request(pathname);
  if (page.status !== 200) throw new Error(`the page of payment ${payer.paymentId} answers ${page.status}`);
  const pressed = await api.request(pathname, {
    method: 'POST',
    body: new URLSearchParams({ decision: 'confirm' }),
  });
  if (pressed.status !== 200)
    throw new Error(`payment ${payer.paymentId} cannot be confirmed: ${pressed.status}`);
}

const Arrivals = z.object({
  allEvents: z.object({
    events: z.array(z.object({ position: z.string(), data: z.looseObject({ paymentId: z.string() }) })),
    next: z.string().nullable(),
  }),
});
const ARRIVALS = `query ($after: Token) {
  allEvents(types: ["TopUpConfirmed"], after: $after, first: ${PAGE}) { events { position data } next }
}`;

/** Waits until the provider has told of every payment; one auditor reads that for all, instead of everybody asking again and again. */
async function allConfirmed(
  api: Api,
  { auditor }: House,
  payers: readonly Payer[],
  arrived: () => void,
): Promise<void> {
  const missing = new Set(payers.map(({ paymentId }) => paymentId));
  let after: string | undefined;
  for (let idle = 0; missing.size > 0; ) {
    const { events, next } = (await api.ask(Arrivals, ARRIVALS, { after }, auditor)).allEvents;
    for (const { data } of events) if (missing.delete(data.paymentId)) arrived();
    // A page may end before the history does, and be empty, where little of it matches.
    after = next ?? events.at(-1)?.position ?? after;
    if (next !== null) continue;
    idle = events.length === 0 ? idle + 1 : 0;
    if (idle > arrivals.attempts)
      throw new Error(`${missing.size} payments were confirmed, and never arrived`);
    await pause(arrivals.pauseMs);
  }
}

const Clearing = z.object({
  clearingOpen: z.object({ edges: z.array(z.object({ node: z.object({ movement: z.string() }) })) }),
});
const CLEARING = `query ($atLeast: Token) {
  clearingOpen(first: 1, atLeast: $atLeast) { edges { node { movement } } }
}`;
const Head = z.object({ now: z.string() });

/** No money is on its way any more: whatever was confirmed has been credited. */
async function allCredited(api: Api, clock: PlatformClock, { auditor }: House): Promise<void> {
  await clock.settle();
  const { now } = await api.ask(Head, '{ now }', {});
  const { clearingOpen } = await api.ask(Clearing, CLEARING, { atLeast: now }, auditor);
  const [open] = clearingOpen.edges;
  if (open !== undefined) throw new Error(`the money of movement ${open.node.movement} did not arrive`);
}

/** Fills the wallet of every bidder; `purpose` tells one filling from another. Returns when all of it is there. */
export async function fillWallets(
  { api, clock, house }: { api: Api; clock: PlatformClock; house: House },
  purses: readonly Purse[],
  sessionOf: (bidder: string, reputation: number) => Promise<Session>,
  purpose: string,
): Promise<void> {
  const payers: Payer[] = [];
  const paying = stage('wallets opened, payments', purses.length);
  await eachOf(purses, AT_ONCE, async ({ bidder, reputation, amount }) => {
    payers.push(await payIn(api, await sessionOf(bidder, reputation), amount, purpose));
    paying.tick();
  });
  paying.end();
  const confirming = stage('3-D Secure confirmations', payers.length);
  await eachOf(payers, AT_ONCE, async (payer) => {
    await confirm(api, payer);
    confirming.tick();
  });
  confirming.end();
  const crediting = stage('wallets credited', payers.length);
  await allConfirmed(api, house, payers, crediting.tick);
  await allCredited(api, clock, house);
  crediting.end();
}
