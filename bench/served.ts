import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type Api, connect, type Session } from '#demo/api.ts';
import { laterBy } from '#demo/clock.ts';
import { unrationed } from '#demo/platform.ts';
import { freePort } from './free-port.ts';

// The platform as it is started, in a process of its own: for what only a port can show.

const root = resolve(import.meta.dirname, '..');
const READY_MS = 30_000;
const FUNDS = '900000000000';
const DAY_MS = 24 * 60 * 60 * 1_000;
const Payment = z.object({ payment: z.object({ actionUrl: z.string().nullable() }).nullable() });

export interface Served {
  readonly url: string;
  readonly api: Api;
  /** Stops it as SIGTERM does. */
  stop(): Promise<void>;
}

/**
 * Starts it on a folder.
 * @param settings more of them, as its environment has them
 * @throws Error with what it said when it does not become ready
 */
export async function serve(
  folder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Served> {
  const port = await freePort();
  const child = spawn(process.execPath, [resolve(root, 'main.ts')], {
    cwd: root,
    env: {
      ...{ PATH: process.env.PATH, DATA_DIR: folder, PORT: String(port), LOG_LEVEL: 'warn' },
      ...{ ...unrationed, ...settings },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  process.once('exit', () => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const until = performance.now() + READY_MS;
  while (!output.includes('is ready')) {
    if (child.exitCode !== null || performance.now() > until) throw new Error(`it is not ready:\n${output}`);
    await pause(20);
  }
  const url = `http://127.0.0.1:${port}`;
  const gone = new AbortController();
  return {
    url,
    api: connect({ url, run: 'bench', gone: gone.signal }),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      gone.abort();
    },
  };
}

/** A bidder with an open wallet and more money in it than they can lose. */
export async function givenBidder(api: Api, name: string): Promise<Session> {
  const bidder = await api.signIn(name, ['bidder']);
  await api.accepted(bidder, 'wallets/open-wallet', { currency: 'USD' }, 'wallet');
  const { events } = await api.accepted(
    bidder,
    'wallets/request-top-up',
    { amount: FUNDS, currency: 'USD' },
    'funds',
  );
  const id = String(events[0]?.data.paymentId);
  const question = 'query ($id: ID!) { payment(paymentId: $id) { actionUrl } }';
  for (let page: string | null | undefined; page == null; await pause(50)) {
    page = (await api.ask(Payment, question, { id }, bidder)).payment?.actionUrl;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    if (page != null) await api.request(page, { method: 'POST', headers, body: 'decision=confirm' });
  }
  const Wallet = z.object({ wallet: z.object({ available: z.string() }) });
  const balance = '{ wallet(currency: "USD") { available } }';
  while ((await api.ask(Wallet, balance, {}, bidder)).wallet.available !== FUNDS) await pause(50);
  return bidder;
}

/** Auctions of one sale, open, each joined by its bidder. */
export async function givenAuctions(
  api: Api,
  auctions: readonly (readonly [auctionId: string, bidder: Session])[],
): Promise<void> {
  const otto = await api.signIn('otto', ['auctioneer']);
  const sam = await api.signIn('sam', ['seller']);
  await api.accepted(sam, 'wallets/open-wallet', { currency: 'USD' }, 'wallet');
  const usd = (amount: string) => ({ amount, currency: 'USD' });
  const rate = [{ rateBasisPoints: 1_000 }];
  const words = { title: 'Wristwatch', description: 'Steel.' };
  const terms = { currency: 'USD', premium: rate, commission: rate, ladderVersion: 1 };
  const now = new Date().toISOString();
  const times = { opensAt: laterBy(now, DAY_MS), endsAt: laterBy(now, 2 * DAY_MS) };
  await api.accepted(otto, 'auctions/schedule-sale', { saleId: 'sale', ...words, ...terms }, 'sale');
  await api.accepted(otto, 'auctions/publish-sale', { saleId: 'sale' }, 'sale');
  for (const [auctionId, bidder] of auctions) {
    const amounts = { estimateLow: usd('100'), estimateHigh: usd('900'), openingBid: usd('100') };
    const lot = { lotId: auctionId, ...words, categories: [], pictures: [], ...amounts };
    await api.accepted(sam, 'auctions/consign-lot', lot, auctionId);
    const scheduled = { auctionId, lotId: auctionId, saleId: 'sale', ...times };
    await api.accepted(sam, 'auctions/schedule-auction', scheduled, auctionId);
    await api.accepted(sam, 'auctions/open-auction', { auctionId }, auctionId);
    await api.accepted(bidder, 'auctions/join-auction', { auctionId }, auctionId);
  }
}
