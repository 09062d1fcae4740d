import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { z } from 'zod';
import type { Session } from '#demo/api.ts';
import { laterBy } from '#demo/clock.ts';
import { feeOn } from '#domain/auctions/fees.ts';
import { accountsIn } from './accounts-before.ts';
import { ask, customerAt } from './customer.ts';
import { startHere } from './embedded.ts';
import { type Inhabited, inhabit, type Person } from './inhabited.ts';

// A platform in which secrets are planted that nobody could come upon by chance: odd numbers, and who may know each.

const DAY_MS = 24 * 60 * 60 * 1_000;
const PREMIUM = [{ rateBasisPoints: 1_370 }];

export interface Secret {
  readonly what: string;
  /** In minor units: itself, and where a premium is held on it, with that. */
  readonly amounts: readonly bigint[];
  /** Beside auditors and investigators. */
  readonly knownTo: readonly Person[];
}

const maximum = (what: string, amount: bigint, owner: Person): Secret => ({
  ...{ what, knownTo: [owner], amounts: [amount, amount + feeOn(amount, PREMIUM)] },
});
const superseded = maximum('a maximum that was raised', 765_432_109n, 'ann');
const leading = maximum('the leader’s maximum', 987_654_321n, 'ann');
const unfunded = maximum('a maximum without funds', 5_555_555_555_557n, 'bob');
const tooLow = maximum('a bid that was turned away', 123_456_791n, 'cyd');
const reserve: Secret = {
  ...{ what: 'a reserve that is not met', amounts: [867_530_911n], knownTo: ['sam', 'otto', 'clara'] },
};
export const secrets: readonly Secret[] = [superseded, leading, unfunded, tooLow, reserve];
/** Of the auctions and lots with something secret in them. */
export const odd = ['odd-1', 'odd-2', 'odd-3'] as const;

export interface Planted {
  readonly inhabited: Inhabited;
  /** Where the platform keeps what it has recorded. */
  readonly folder: string;
  /** A payment that Bob has not confirmed, and what opens the page where whoever knows it can. */
  readonly payment: { readonly id: string; readonly address: string };
  /** All that was logged so far, at the finest level. */
  logged(): string;
  /** A token of anybody. */
  signIn(person: string, ...roles: readonly string[]): Promise<Session>;
  /** The answer's text. */
  ask(query: string, by?: Session): Promise<string>;
  /** Sends a command; the code of its rejection, or its outcome. */
  send(path: string, data: object, by: Session): Promise<string>;
}

export const amount = (minor: bigint | string) => ({ amount: String(minor), currency: 'USD' });
const Answer = z.object({ code: z.string().optional(), outcome: z.string().optional() });

async function plant(planted: Planted): Promise<void> {
  const { api, sessions, now } = planted.inhabited;
  const done = (by: Person, path: string, data: object, purpose: string) =>
    api.accepted(sessions[by], `auctions/${path}`, data, purpose);
  const terms = { title: 'Odd', description: '', currency: 'USD', premium: PREMIUM, commission: PREMIUM };
  await done('otto', 'schedule-sale', { saleId: 'odd', ...terms, ladderVersion: 1 }, 'odd sale');
  await done('otto', 'publish-sale', { saleId: 'odd' }, 'odd sale');
  const opening = { 'odd-1': '100', 'odd-2': '300000007', 'odd-3': '100' } as const;
  for (const id of odd) {
    const values = {
      estimateLow: amount('100'),
      estimateHigh: amount('9000000000'),
      openingBid: amount(opening[id]),
    };
    const text = { title: id, description: '', categories: [], pictures: [] };
    const kept = id === 'odd-3' ? { reserve: amount(reserve.amounts[0] ?? 0n) } : {};
    await done('sam', 'consign-lot', { lotId: id, ...text, ...values, ...kept }, id);
    const times = { opensAt: laterBy(now, 10 * DAY_MS), endsAt: laterBy(now, 60 * DAY_MS) };
    await done('sam', 'schedule-auction', { auctionId: id, lotId: id, saleId: 'odd', ...times }, id);
    await done('sam', 'open-auction', { auctionId: id }, id);
    for (const bidder of ['ann', 'bob', 'cyd'] as const)
      await done(bidder, 'join-auction', { auctionId: id }, id);
  }
  const bid = (by: Person, auctionId: string, minor: bigint | undefined) =>
    planted.send('auctions/place-bid', { auctionId, maximum: amount(minor ?? 0n) }, sessions[by]);
  assert.equal(await bid('ann', 'odd-1', superseded.amounts[0]), 'accepted');
  assert.equal(await bid('ann', 'odd-1', leading.amounts[0]), 'accepted');
  // What loses is told by the price that it leads to.
  assert.equal(await bid('cyd', 'odd-1', 400_000_009n), 'accepted');
  assert.equal(await bid('bob', 'odd-2', unfunded.amounts[0]), 'bid_not_funded');
  assert.equal(await bid('cyd', 'odd-2', tooLow.amounts[0]), 'bid_too_low');
  // Below a reserve that is not met, the leader's maximum is the price.
  assert.equal(await bid('bob', 'odd-3', 200_000_003n), 'accepted');
}

/** Starts the platform, lets people move in, and plants the secrets; it stops behind the last test of the file. */
export async function givenPlanted(): Promise<Planted> {
  const log: string[] = [];
  const writing = { level: 'trace', write: (line: string) => void log.push(line) } as const;
  const folder = await mkdtemp(join(tmpdir(), 'annals-planted-'));
  await accountsIn(folder);
  const platform = await startHere({ CLOCK: 'simulated', DATA_DIR: folder }, writing);
  after(() => rm(folder, { recursive: true, force: true }));
  const inhabited = await inhabit(platform.url);
  const { api, sessions, payments } = inhabited;
  const id = payments.at(-1) ?? '';
  const Page = z.object({ payment: z.object({ actionUrl: z.string() }) });
  const { payment } = await api.ask(Page, `{ payment(paymentId: "${id}") { actionUrl } }`, {}, sessions.bob);
  const planted: Planted = {
    inhabited,
    folder,
    payment: { id, address: payment.actionUrl.split('/').at(-1) ?? '' },
    logged: () => log.join('\n'),
    signIn: (person, ...roles) => api.signIn(person, roles),
    async ask(query, by) {
      const { body } = await ask(
        `${platform.url}/graphql`,
        { query },
        by && { authorization: by.authorization },
      );
      return JSON.stringify(body);
    },
    async send(path, data, by) {
      const { body } = await customerAt(platform.url, by.authorization).send(path, data);
      const { code, outcome } = Answer.parse(body);
      return code ?? outcome ?? '';
    },
  };
  await plant(planted);
  return planted;
}
