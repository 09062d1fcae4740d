import { auction } from '#domain/auctions/auction/decider.ts';
import type { AuctionEvent, AuctionState, AuctionTerms } from '#domain/auctions/auction/state.ts';
import { ladderOf } from '#domain/auctions/ladder.ts';
import { lot } from '#domain/auctions/lot/decider.ts';
import { sale } from '#domain/auctions/sale/decider.ts';
import type { Actor, Role } from '#domain/kernel/actor.ts';
import type { Decider, Facts, FoldedAt } from '#domain/kernel/decider.ts';
import type {
  CommandDeclaration,
  EventDeclaration,
  EventOf,
  NewEvent,
  Rejection,
} from '#domain/kernel/message.ts';
import { debtor } from '#domain/wallets/debtor/decider.ts';

// Builders for tests of the auctions context: people, terms, and deciders run without a pipeline.

export const person = (id: string, roles: readonly Role[] = ['bidder'], reputation = 0): Actor => ({
  id,
  roles: [...roles],
  reputation,
});
export const ann = person('ann');
export const sam = person('sam', ['seller', 'bidder']);
export const clara = person('clara', ['clerk']);
export const otto = person('otto', ['auctioneer']);
export const system = person('system.test', ['system']);

export const NOW = '2026-03-01T12:00:00.000Z';

/** The lot and the sale of an auction in which nobody has a hand but those whom the auction knows; and nobody owes. */
export const untouched = { lot: lot.initial, sale: sale.initial, debtor: debtor.initial };

const ebayUs = ladderOf('USD', 1);
if (ebayUs === undefined) throw new Error('the eBay ladder is missing');

/** An auction in dollars on the eBay ladder, without fees or reserve, opening at 1.00. */
export const terms: AuctionTerms = {
  auctionId: 'a1',
  saleId: 's1',
  lotId: 'l1',
  seller: 'sam',
  title: 'Wristwatch',
  description: 'Steel, 1960s.',
  categories: ['watches'],
  pictures: ['https://pictures.example/1.jpg'],
  currency: 'USD',
  estimateLow: 100_00n,
  estimateHigh: 200_00n,
  openingBid: 1_00n,
  ladder: ebayUs,
  premium: [{ rateBasisPoints: 0 }],
  commission: [{ rateBasisPoints: 0 }],
  opensAt: '2026-03-01T13:00:00.000Z',
  endsAt: '2026-03-08T13:00:00.000Z',
};

/** Position of each event in a history of a test: the first stands at 10, the next at 20, and so on. */
const positionAt = (index: number): bigint => BigInt(index + 1) * 10n;

/** What a fold needs of a decider. */
interface Foldable<State, Event> {
  readonly initial: State;
  readonly evolve: (state: State, event: Event, at: FoldedAt) => State;
}

/** The state a history leads to. */
export const stateOf = <State, Event>(
  { initial, evolve }: Foldable<State, Event>,
  history: readonly Event[],
): State =>
  history.reduce<State>(
    (state, event, index) =>
      evolve(state, event, { position: positionAt(index), occurredAt: NOW, actor: 'sam' }),
    initial,
  );

type Branch<Event> = (data: never, state: never, facts: never) => readonly Event[] | Rejection;

/** Decides commands on histories: `given(history).when('AcceptBid', data, …)` is the events or the rejection. */
export const deciding =
  <State, Es extends readonly EventDeclaration[], Cs extends readonly CommandDeclaration[]>(
    decider: Decider<State, Es, Cs>,
  ) =>
  (history: readonly EventOf<Es[number]>[]) => ({
    when<T extends Cs[number]['type']>(
      type: T,
      data: Parameters<Decider<State, Es, Cs>['decide'][T]>[0],
      facts: {
        readonly actor?: Actor;
        readonly precondition?: Parameters<Decider<State, Es, Cs>['decide'][T]>[2]['precondition'];
        readonly id?: string;
        readonly now?: string;
      } = {},
    ): readonly NewEvent[] | Rejection {
      const all: Facts<unknown> = {
        now: facts.now ?? NOW,
        actor: facts.actor ?? system,
        id: facts.id ?? 'id1',
        precondition: facts.precondition,
      };
      const branch = decider.decide[type] as unknown as Branch<NewEvent>;
      return branch(data as never, stateOf(decider, history) as never, all as never);
    },
  });

/** Bids on an open auction as if each had been placed and funded at once. */
export function bidding(over: Partial<AuctionTerms> = {}) {
  const frozen = { ...terms, ...over };
  let state: AuctionState = stateOf(auction, []);
  let position = 0n;
  const events: AuctionEvent[] = [];
  const take = (decided: readonly AuctionEvent[]): readonly AuctionEvent[] => {
    for (const event of decided) {
      position += 10n;
      state = auction.evolve(state, event, { position, occurredAt: NOW, actor: 'sam' });
      events.push(event);
    }
    return decided;
  };
  const facts: Facts = { now: frozen.opensAt, actor: system, id: 'id1', precondition: undefined };
  const atEnd: Facts = { ...facts, now: frozen.endsAt };
  const decided = (decision: readonly AuctionEvent[] | Rejection): readonly AuctionEvent[] => {
    if ('rejected' in decision) throw new Error(decision.code);
    return take(decision);
  };
  decided(auction.decide.RegisterAuction(frozen, state, facts));
  const { auctionId } = frozen;
  decided(auction.decide.OpenAuction({ auctionId }, state, facts));
  return {
    state: () => state,
    events,
    bid(bidder: string, maximum: bigint, bidId: string): AuctionEvent | undefined {
      const placedAt = (position + 1n).toString();
      const data = { auctionId, bidId, bidder, maximum, placedAt, moment: frozen.opensAt };
      return decided(auction.decide.AcceptBid(data, state, facts))[0];
    },
    close(): AuctionEvent | undefined {
      decided(auction.decide.CloseLot({ auctionId }, state, atEnd));
      return decided(auction.decide.DropHammer({ auctionId }, state, atEnd))[0];
    },
  };
}
