import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '#demo/api.ts';
import { rawHistory } from '#test/judge/database.ts';
import { acknowledgementLog } from '#test/support/acknowledgement-log.ts';
import { type Counter, counterAt } from '#test/support/counter.ts';
import { announceSale, bid, offerLot, openWallet, topUp, usd, withdraw } from './deeds.ts';
import { type MortalPlatform, mortalPlatform } from './mortal-platform.ts';

// One long story of bids, a hammer, a settlement and payments of every kind, told to a platform that dies at each append: its
// end has to be the one of a life without death.

const OPENS = '2026-03-01T13:00:00.000Z';
const ENDS = '2026-03-08T13:00:00.000Z';
/** Longer than a payment may wait to be confirmed, and than a withdrawal's hold lasts. */
export const LATER = '2026-03-12T13:00:00.000Z';

interface People {
  readonly ann: Session;
  readonly bob: Session;
  readonly sam: Session;
}

async function people(counter: Counter): Promise<People> {
  const [ann, bob, sam] = await Promise.all([
    counter.signIn('ann', 'bidder'),
    counter.signIn('bob', 'bidder'),
    counter.signIn('sam', 'seller', 'bidder'),
  ]);
  return { ann, bob, sam };
}

/** Lets the business's time pass, and returns when everything that fell due has been done to its end. */
export async function passTime(counter: Counter, to?: string): Promise<void> {
  const clock = await counter.request('/dev/clock', {});
  const { now } = JSON.parse(clock?.body ?? '{}') as { now: string };
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ to: to === undefined || to < now ? now : to });
  await counter.request('/dev/clock', { method: 'POST', headers, body });
}

/** What is there before the story begins. */
export async function moveIn(counter: Counter): Promise<void> {
  const { ann, bob, sam } = await people(counter);
  await announceSale(counter, await counter.signIn('otto', 'auctioneer'));
  for (const who of [ann, bob, sam]) await openWallet(counter, who);
  for (const who of [ann, bob]) await topUp(counter, who, 'funds', 10_000);
  await offerLot(counter, sam, 'a1', { opensAt: OPENS, endsAt: ENDS });
  await passTime(counter, OPENS);
  for (const who of [ann, bob])
    await counter.command(who, 'join', 'auctions/join-auction', { auctionId: 'a1' });
  await passTime(counter);
}

/** Bids, the hammer, and the settlement. */
export async function tellOfAuction(counter: Counter): Promise<void> {
  const { ann, bob } = await people(counter);
  await bid(counter, ann, 'b1', 'a1', 2_000);
  await bid(counter, bob, 'b2', 'a1', 3_000);
  await bid(counter, ann, 'b3', 'a1', 2_500);
  await passTime(counter, ENDS);
}

/** Every kind of step that a reaction or a saga takes. */
async function tell(counter: Counter): Promise<void> {
  await tellOfAuction(counter);
  const { ann, bob } = await people(counter);
  await topUp(counter, ann, 't1', 500);
  await passTime(counter);
  await counter.command(ann, 't2', 'wallets/request-top-up', usd(700));
  await counter.command(ann, 't3', 'wallets/transfer', { to: 'bob', ...usd(1_000) });
  await counter.command(ann, 't4', 'wallets/transfer', { to: 'nobody', ...usd(1_000) });
  await passTime(counter);
  await withdraw(counter, bob, 't5', 5_000);
  await passTime(counter);
  await passTime(counter, LATER);
}

export interface Told {
  /** Deaths on the way. */
  readonly deaths: number;
  readonly events: number;
  /** What happened, by stream; ids that differ from one life to the next are left out. */
  readonly end: readonly string[];
  readonly log: string;
}

export interface TellOptions {
  /** Holds the data in `data`, and the log. */
  readonly folder: string;
  /** When each life ends. */
  readonly death: Readonly<Record<string, string>>;
  /** Whose code runs: this one's, unless another is named. */
  readonly root?: string | undefined;
}

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{20,}/g;

/** What a history came to. */
export function endOf(folder: string): Pick<Told, 'events' | 'end'> {
  const { events } = rawHistory(folder);
  const streams = Map.groupBy(events, ({ stream }) => stream);
  // By how many steps a payment's expiry has come to its end depends on which of two things that came at once was the first.
  const typesOf = (stream: string, own: readonly { readonly type: string }[]): readonly string[] => {
    const types = own.map(({ type }) => type);
    if (stream.startsWith('saga-top-up-expiry-')) return [...new Set(types)];
    // Nor is anything left to be noted of a provider's answer whose notice of the end came first.
    return types.includes('PayoutPaid') ? types.filter((type) => type !== 'PayoutSubmitted') : types;
  };
  const end = [...streams].map(
    ([stream, own]) => `${stream.replaceAll(ID, '*')}: ${typesOf(stream, own).join(' ')}`,
  );
  return { events: events.length, end: end.sort() };
}

async function liveUntil(platform: MortalPlatform, over: Promise<unknown>): Promise<number> {
  let deaths = 0;
  for (;;) {
    await platform.start();
    const first = await Promise.race([over.then(() => 'over' as const), platform.ended]);
    if (first === 'over') return deaths;
    deaths += 1;
  }
}

/** Runs a client's work against a platform that is started again whenever it has died, and stops it then. */
export async function withPlatform(
  { folder, death, root }: TellOptions,
  work: (counter: Counter) => Promise<void>,
): Promise<Told> {
  const data = join(folder, 'data');
  const environment = { CLOCK: 'simulated', ...death };
  const preloads = ['test/crash/preloads/mortal.ts'];
  const platform = await mortalPlatform({ folder: data, environment, preloads, ...(root && { root }) });
  const log = acknowledgementLog(join(folder, 'acknowledgements.jsonl'));
  const over = new AbortController();
  try {
    const deaths = await liveUntil(platform, work(counterAt(platform.url, log, over.signal)));
    await platform.stop();
    return { deaths, ...endOf(data), log: log.file };
  } finally {
    over.abort();
    await platform.kill();
    log.close();
  }
}

/** Moving in and the story, by people who may have been through a part of it already. */
export async function tellFromTheFirst(counter: Counter): Promise<void> {
  await moveIn(counter);
  await tell(counter);
}

/** The platform as it is before the story begins, in a folder to be copied. */
export const beginning = (options: Omit<TellOptions, 'death'>): Promise<Told> =>
  withPlatform({ ...options, death: {} }, moveIn);

/** Tells the story in a copy of the platform. */
export function story(from: string, options: TellOptions): Promise<Told> {
  cpSync(join(from, 'data'), join(options.folder, 'data'), { recursive: true });
  return withPlatform(options, tell);
}
