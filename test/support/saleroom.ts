import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { AuctionTerms } from '#domain/auctions/auction/state.ts';
import { ConsignLot, ScheduleAuction } from '#domain/auctions/lot/messages.ts';
import { JoinAuction, PlaceBid } from '#domain/auctions/participant/messages.ts';
import { PublishSale, ScheduleSale } from '#domain/auctions/sale/messages.ts';
import type { Actor } from '#domain/kernel/actor.ts';
import type { Reply } from '#domain/kernel/envelope.ts';
import { money } from '#domain/kernel/money.ts';
import { OpenWallet, RequestTopUp } from '#domain/wallets/wallet/messages.ts';
import { door, registering } from './accounts.ts';
import { terms } from './auctions.ts';
import { type Audit, audit } from './auditor.ts';
import type { DeployedProcess, DeploymentOptions } from './deployed-process.ts';
import { Deployment } from './deployment.ts';
import { ann, otto, person, sam } from './given.ts';
import { told } from './told.ts';

// People, money and lots in the whole platform, for scenarios.

export { ann, otto, sam };
export const bob = person('bob');
export const usd = (amount: bigint) => money(amount, 'USD');

/** A platform with an auction `a1` of Sam's lot, opening at 1.00 on the eBay ladder, and people with funded wallets. */
export class Saleroom {
  readonly deployment: Deployment;

  private constructor(deployment: Deployment) {
    this.deployment = deployment;
  }

  static async open(t: Pick<TestContext, 'after'>, options: DeploymentOptions = {}): Promise<Saleroom> {
    return new Saleroom(await Deployment.open(t, options));
  }

  /** Opens wallets and pays 100.00 into each, by the provider and its notice. */
  async fund(...people: readonly Actor[]): Promise<void> {
    const { deployment } = this;
    for (const each of people) {
      await deployment.done(OpenWallet({ currency: 'USD' }), each);
      await deployment.done(RequestTopUp({ amount: 100_00n, currency: 'USD' }), each);
    }
    await deployment.settle();
    await this.confirmTopUps();
  }

  /** Asks for a payment in, up to where the person has to confirm it. */
  async beginTopUp(who: Actor, amount: bigint): Promise<string> {
    const reply = await this.deployment.done(RequestTopUp({ amount, currency: 'USD' }), who);
    await this.deployment.settle();
    return textIn(reply.events[0]?.data, 'paymentId');
  }

  /** Everybody confirms the payments they were asked to; what was confirmed before stays so. */
  async confirmTopUps(): Promise<void> {
    const { deployment } = this;
    for (const { type, data } of await deployment.everything())
      if (type === 'TopUpRequiresAction')
        deployment.provider.decide(textIn(data, 'url').split('/').at(-1) ?? '', 'confirm');
    await deployment.settle();
  }

  /** The bank gives back what it was last to pay out. */
  async returnPayout(amount: bigint): Promise<void> {
    const { deployment } = this;
    const payout = (await deployment.everything()).findLast(({ type }) => type === 'PayoutInitiated');
    const paymentId = textIn(payout?.data, 'paymentId');
    const back = { noticeId: 'returned', paymentId, outcome: 'payout_returned', amount } as const;
    assert.equal(await deployment.tell({ ...back, currency: 'USD' }), true);
    await deployment.settle();
  }

  /** Says what the door alone may say, once. */
  async said(command: string, data: object): Promise<void> {
    const { pipeline } = this.deployment.process;
    const origin = { channel: 'http' } as const;
    const commandId = this.deployment.newId();
    const reply = await pipeline.dispatch({ command, data, commandId, actor: door, origin });
    assert.equal(reply.outcome, 'accepted', command);
  }

  /** Gives somebody an account, with the address verified. */
  async register({ id }: Actor): Promise<void> {
    await this.said('Register', registering(id));
    await this.said('VerifyEmail', { person: id });
  }

  /** A published sale with 10 % premium and 5 % commission, and a lot of Sam's that nobody offers yet. */
  async consign(over: Pick<AuctionTerms, 'reserve'> = {}, lotId = 'l1'): Promise<void> {
    const { deployment } = this;
    const { title, description, categories, pictures } = terms;
    const fees = { premium: [{ rateBasisPoints: 1_000 }], commission: [{ rateBasisPoints: 500 }] };
    const sale = { saleId: 's1', title, description, currency: 'USD', ladderVersion: 1, ...fees };
    if ((await deployment.history('sale-s1')).length === 0) {
      await deployment.done(ScheduleSale(sale), otto);
      await deployment.done(PublishSale({ saleId: 's1' }), otto);
    }
    const amounts = { estimateLow: usd(1_00n), estimateHigh: usd(90_00n), openingBid: usd(1_00n) };
    const reserve = over.reserve === undefined ? {} : { reserve: usd(over.reserve) };
    await deployment.done(
      ConsignLot({ lotId, title, description, categories, pictures, ...amounts, ...reserve }),
      sam,
    );
  }

  /** As {@link consign}; the lot is scheduled in the sale, as `a1` unless told, and opens by itself. */
  async schedule(over: Pick<AuctionTerms, 'reserve'> = {}, auctionId = 'a1', lotId = 'l1'): Promise<void> {
    await this.consign(over, lotId);
    await this.deployment.done(ScheduleAuction({ auctionId, lotId, saleId: 's1', opensAt, endsAt }), sam);
  }

  join(...people: readonly Actor[]): Promise<readonly Reply[]> {
    return Promise.all(people.map((each) => this.deployment.done(JoinAuction({ auctionId: 'a1' }), each)));
  }

  bid(who: Actor, maximum: bigint, commandId?: string, process?: DeployedProcess): Promise<Reply> {
    const command = PlaceBid({ auctionId: 'a1', maximum: usd(maximum) });
    return (process ?? this.deployment.process).send(command, who, commandId);
  }

  /** What a wallet has, by its last event that says so. */
  async balance(who: Actor): Promise<unknown> {
    const events = await this.deployment.history(`wallet-${who.id}:USD`);
    return events.findLast(({ data }) => data.balance !== undefined)?.data.balance;
  }

  /** An independent reader finds nothing wrong in the whole history, and no error was logged. */
  async audited(): Promise<Audit> {
    const audited = await audit(this.deployment.store);
    assert.deepEqual(audited.problems, []);
    assert.deepEqual(this.deployment.errors, []);
    return audited;
  }
}

/** An open auction in which Ann and Bob have joined, with 100.00 each; Sam, who sells, has an empty wallet. */
export async function givenOpenAuction(
  t: Pick<TestContext, 'after'>,
  options: DeploymentOptions & Pick<AuctionTerms, 'reserve'> = {},
): Promise<Saleroom> {
  const room = await Saleroom.open(t, options);
  await room.deployment.done(OpenWallet({ currency: 'USD' }), sam);
  await room.fund(ann, bob);
  await room.schedule(options.reserve === undefined ? {} : { reserve: options.reserve });
  await room.deployment.advanceTo(terms.opensAt);
  await room.join(ann, bob);
  await room.deployment.settle();
  return room;
}

/** Where the auction ends. */
export const { opensAt, endsAt } = terms;

/** A text field of an event's data. */
export function textIn(data: object | undefined, field: string): string {
  const text: unknown = Object.entries(data ?? {}).find(([name]) => name === field)?.[1];
  if (typeof text !== 'string') throw new Error(`nothing says ${field}: ${told(data ?? {})}`);
  return text;
}

/** The code of a rejection. */
export function refusedWith(reply: Reply): string {
  if (reply.outcome !== 'rejected') throw new Error(`not rejected: ${told(reply)}`);
  return reply.rejection.code;
}
