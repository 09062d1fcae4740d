import type { TestContext } from 'node:test';
import { deciders, reactions, registry, sagas, workflows } from '#compose/contexts.ts';
import { ScheduleAuction } from '#domain/auctions/lot/messages.ts';
import { PlaceBid } from '#domain/auctions/participant/messages.ts';
import { AUCTIONS_PER_APPEND, AuctionCalledOff, CancelSale } from '#domain/auctions/sale/messages.ts';
import type { Actor } from '#domain/kernel/actor.ts';
import { derivedId } from '#domain/kernel/canonical.ts';
import type { AnyDecider } from '#domain/kernel/decider.ts';
import type { Envelope, RecordedEvent, StoredEvent } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Command } from '#domain/kernel/message.ts';
import type { Reaction } from '#domain/kernel/reaction.ts';
import type { Saga } from '#domain/kernel/saga.ts';
import type { Workflow } from '#domain/kernel/workflow.ts';
import { OpenWallet } from '#domain/wallets/wallet/messages.ts';
import type { followReaction } from '#runtime/chain.ts';
import {
  ann,
  bob,
  endsAt,
  givenOpenAuction,
  opensAt,
  otto,
  Saleroom,
  sam,
  usd,
} from '#test/support/saleroom.ts';

// The small world: one auction that is open, two bidders with funded wallets, a seller, and the bids that come.

/** What of the platform a search runs: the real parts, or one of them with a fault planted. */
export interface Parts {
  readonly deciders: readonly AnyDecider[];
  readonly workflows: readonly Workflow[];
  readonly reactions: readonly Reaction[];
  readonly sagas: readonly Saga[];
  /** How the catch-up consumer follows an event; the kernel's own way by default. */
  readonly followReaction?: typeof followReaction;
  /** Of a stream; the pipeline's own limit by default. */
  readonly rememberedCommands?: number;
}

export const realParts: Parts = {
  deciders,
  workflows,
  reactions,
  sagas,
};

/**
 * As the real ones, of a sale that has one auction more than are called off with it in one append: the last is the one that
 * this world has, and is called off by the next append.
 */
export const partsOfLargeSale: Parts = {
  ...realParts,
  deciders: deciders.map((decider) => {
    const real = decider.decide[CancelSale.type];
    if (real === undefined) return decider;
    const cancel: typeof real = (data, state, facts) => {
      const decision = real(data, state, facts);
      if ('rejected' in decision) return decision;
      return decision
        .filter(({ type }) => type !== AuctionCalledOff.type)
        .map((event) => ({ ...event, data: { ...event.data, auctions: AUCTIONS_PER_APPEND + 1 } }));
    };
    return { ...decider, decide: { ...decider.decide, [CancelSale.type]: cancel } };
  }),
};

/** A bid as its bidder sends it, again and again if need be. */
export interface Bid {
  readonly actor: Actor;
  readonly maximum: bigint;
  readonly envelope: Envelope;
}

/** Where the fees of the world's one sale are. */
export const feesStream = ({ auctionId }: Pick<World, 'auctionId'>): string =>
  `platform-fees:USD:${derivedId('settlement', auctionId)}`;

export interface Bidder {
  readonly actor: Actor;
  readonly stream: string;
  /** In the order in which they are sent: the next when the one before has been decided at the door. */
  readonly bids: readonly Bid[];
}

export interface World {
  /** Everything that happened before the search begins, as the store has it. */
  readonly history: readonly StoredEvent[];
  readonly bidders: readonly Bidder[];
  /** Commands of people that come at any time, each once, or never. */
  readonly others: readonly Envelope[];
  readonly auctionId: string;
  /** Of the lot. */
  readonly endsAt: string;
  /** Below it the lot is not sold, in cents. */
  readonly reserve: bigint;
}

/** Cents, in the order of sending. A higher maximum while one leads is a raise; at equal maxima the earlier bid leads. */
export interface Maxima {
  readonly ann: readonly bigint[];
  readonly bob: readonly bigint[];
}

/** Two bids each, and a raise. Twelve dollars come from both; below ten the lot is not sold. */
export const twoEach: Maxima = { ann: [5_00n, 12_00n, 20_00n], bob: [8_00n, 12_00n] };
/** Three bids each, a raise among them. */
export const threeEach: Maxima = { ann: [5_00n, 12_00n, 20_00n], bob: [8_00n, 12_00n, 16_00n] };
const RESERVE = 10_00n;

/** Its end lies behind the moments of every decision, which is about times that are to come. */
const LATER = later(endsAt, 60_000);
const cancelling = sentBy(otto, CancelSale({ saleId: 's1', cause: 'The house is flooded.' }));
const scheduling = sentBy(
  sam,
  ScheduleAuction({ auctionId: 'a1', lotId: 'l1', saleId: 's1', opensAt, endsAt: LATER }),
);

function sentBy(actor: Actor, command: Command): Envelope {
  const data = registry.encodeCommand(command);
  const commandId = `${actor.id} ${command.command}`.replace(' ', '-');
  return { command: command.command, data, commandId, actor, steppedUp: true, origin: { channel: 'http' } };
}

function bidder(actor: Actor, maxima: readonly bigint[]): Bidder {
  const bids = maxima.map((maximum): Bid => {
    const command = PlaceBid({ auctionId: 'a1', maximum: usd(maximum) });
    const commandId = `${actor.id}-bids-${maximum}`;
    const data = registry.encodeCommand(command);
    const origin = { channel: 'http' as const };
    return { actor, maximum, envelope: { command: command.command, data, commandId, actor, origin } };
  });
  return { actor, stream: `participant-a1:${actor.id}`, bids };
}

/** Lets the whole platform come to an open auction, and takes its history. */
export async function givenWorld(t: TestContext, maxima: Maxima): Promise<World> {
  const room = await givenOpenAuction(t, { reserve: RESERVE });
  const { events, end } = await room.deployment.store.readAll({ limit: 1_000 });
  if (!end) throw new Error('the history before the search fits one page');
  const bidders = [bidder(ann, maxima.ann), bidder(bob, maxima.bob)];
  return { history: events, bidders, others: [], auctionId: 'a1', endsAt, reserve: RESERVE };
}

/** As {@link givenWorld}; somebody may cancel the sale at any time. */
export async function givenCancellation(t: TestContext, maxima: Maxima): Promise<World> {
  return { ...(await givenWorld(t, maxima)), others: [cancelling] };
}

/** A lot at rest that somebody may schedule, in a sale that somebody may cancel. */
export async function givenScheduling(t: TestContext): Promise<World> {
  const room = await Saleroom.open(t);
  await room.deployment.done(OpenWallet({ currency: 'USD' }), sam);
  await room.consign({ reserve: RESERVE });
  await room.deployment.settle();
  const { events } = await room.deployment.store.readAll({ limit: 1_000 });
  const others = [scheduling, cancelling];
  return { history: events, bidders: [], others, auctionId: 'a1', endsAt: LATER, reserve: RESERVE };
}

/** The history before the search as it is read. */
export const recordedIn = ({ history }: World): readonly RecordedEvent[] =>
  history.map((it) => registry.decode(it));
