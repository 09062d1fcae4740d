import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { judgement } from '#test/judge/judge.ts';
import { endsAt } from '#test/support/saleroom.ts';
import { historyOf } from './histories.ts';
import type { Move } from './moves.ts';
import type { State } from './state.ts';
import type { Stream } from './streams.ts';
import { feesStream, type World } from './world.ts';

// What has to hold: in every stream, in every state, and where nothing more can happen. The figures of an end are worked
// out from the bids alone, by rules written down here a second time.

const FUNDS = 100_00n;
const OPENING = 1_00n;
const PREMIUM_BASIS_POINTS = 1_000n;
const COMMISSION_BASIS_POINTS = 500n;
const share = (amount: bigint, basisPoints: bigint): bigint => (amount * basisPoints + 5_000n) / 10_000n;
/** The steps of the ladder as far as these bids go. */
const stepAt = (price: bigint): bigint =>
  price < 1_00n ? 5n : price < 5_00n ? 25n : price < 25_00n ? 50n : 1_00n;

interface Accepted {
  readonly bidder: string;
  readonly maximum: bigint;
}

/**
 * Who buys, and at what price, when these bids were accepted in this order: whoever names most leads, the earlier of two
 * equals, and pays one step over the best of the others, at most the own maximum. Raising the own maximum moves no price,
 * unless it meets the reserve; below that the leader is bid up to the maximum.
 */
function saleOf(accepted: readonly Accepted[], reserve: bigint) {
  let leading: Accepted | undefined;
  let price = OPENING;
  for (const bid of accepted) {
    const before = leading;
    if (before === undefined || bid.maximum > before.maximum) leading = bid;
    const most = leading === undefined ? 0n : leading.maximum;
    if (before !== undefined && before.bidder !== bid.bidder) {
      const less = before.maximum < bid.maximum ? before.maximum : bid.maximum;
      price = smaller(most, less + stepAt(less));
    }
    price = most < reserve ? most : larger(price, reserve);
  }
  if (leading === undefined || leading.maximum < reserve) return undefined;
  return { winner: leading.bidder, hammer: price };
}

const smaller = (one: bigint, other: bigint): bigint => (one < other ? one : other);
const larger = (one: bigint, other: bigint): bigint => (one > other ? one : other);

const fieldOf = (data: object, name: string): unknown => (data as Readonly<Record<string, unknown>>)[name];
const textOf = (data: object, name: string): string => String(fieldOf(data, name));
const typed = (events: readonly RecordedEvent[], ...types: readonly string[]): readonly RecordedEvent[] =>
  events.filter(({ type }) => types.includes(type));
const codeOf = ({ data }: RecordedEvent): string => textOf(fieldOf(data, 'reason') as object, 'code');

const isCancelled = (auction: readonly RecordedEvent[]): boolean =>
  typed(auction, 'AuctionCancelled').length > 0;

/**
 * A bid counts exactly if it was placed before the end, by its place and by its moment: then the auction has decided it on its
 * merits.
 */
function wrongAnswers(
  placed: RecordedEvent,
  auction: readonly RecordedEvent[],
  wallet: readonly RecordedEvent[],
  end: bigint | undefined,
): readonly string[] {
  const bidId = textOf(placed.data, 'bidId');
  const name = `${textOf(placed.data, 'bidder')}'s bid of ${fieldOf(placed.data, 'maximum')}`;
  const answers = [
    ...typed(auction, 'BidAccepted', 'BidRefused').filter((it) => textOf(it.data, 'bidId') === bidId),
    ...typed(wallet, 'FundsRefused').filter((it) => textOf(it.data, 'claimId') === bidId),
  ];
  const [answer] = answers;
  if (answer === undefined || answers.length > 1) return [`${name} was answered ${answers.length} times`];
  const late = (end !== undefined && placed.position > end) || placed.metadata.occurredAt >= endsAt;
  if (answer.type === 'FundsRefused') return late ? [] : [`${name} was in time and not funded`];
  // Nobody waited for it, in time or not.
  if (answer.type === 'BidRefused' && codeOf(answer) === 'funded_too_late') return [];
  // It was decided behind the cancellation, which refuses all alike.
  if (answer.type === 'BidRefused' && codeOf(answer) === 'auction_not_open' && isCancelled(auction))
    return [];
  const isShut = answer.type === 'BidRefused' && codeOf(answer) === 'auction_closed';
  if (late === isShut) return [];
  return [
    `${name} came ${late ? 'behind' : 'before'} the end and was ${isShut ? 'refused for it' : 'counted'}`,
  ];
}

/** The accepted bids in their order, those that were refused, and what became of the auction before its hammer. */
function courseOf(auction: readonly RecordedEvent[]): string {
  const bid = ({ data }: RecordedEvent): string => textOf(data, 'bidId');
  const accepted = typed(auction, 'BidAccepted').map(bid);
  const refused = typed(auction, 'BidRefused').map((event) => `${bid(event)} ${codeOf(event)}`);
  const turns = typed(auction, 'AuctionScheduled', 'AuctionBarred', 'AuctionRefused', 'AuctionCancelled');
  return `${accepted.join(' < ')}; ${refused.sort().join()}; ${turns.map(({ type }) => type).join()}`;
}

/** Bids that came too late may be passed over and refused behind everything else. */
const ofLateBids: ReadonlySet<string> = new Set(['BidRefused', 'BidPassedOver']);

export class Promises {
  readonly #world: World;
  readonly #registry: Registry;
  readonly #given: ReadonlyMap<string, number>;
  readonly #clearing = new Map<number, bigint>();
  readonly #broken: ReadonlyMap<Stream, readonly string[]>;
  /** What the ends of each course of bids came to. */
  readonly results = new Map<string, string>();

  constructor(options: {
    readonly world: World;
    readonly registry: Registry;
    readonly first: State;
    readonly broken: ReadonlyMap<Stream, readonly string[]>;
  }) {
    this.#world = options.world;
    this.#registry = options.registry;
    this.#broken = options.broken;
    this.#given = new Map(options.first.streams.map(({ name, events }) => [name, events.length]));
  }

  /** What is wrong with a state: with one of its streams, or with the money between them. */
  inState = ({ streams }: State): readonly string[] => {
    const problems = streams.flatMap((stream) => this.#broken.get(stream) ?? []);
    const clearing = streams.reduce((sum, stream) => sum + this.#clearingOf(stream), 0n);
    return clearing < 0n ? [...problems, `${-clearing} left clearing before they came in`] : problems;
  };

  /** What is wrong where nothing more can happen. The judge reads one history of each course that the bids can take. */
  async atEnd(state: State, wayThere: () => Promise<readonly Move[]>): Promise<readonly string[]> {
    const events = (name: string) => this.#since(state, name);
    const auction = events(`auction-${this.#world.auctionId}`);
    const result = this.#resultOf(state);
    // What nobody scheduled has no course: it came back, or was never offered.
    const course = this.#isScheduled(auction) ? courseOf(auction) : result;
    const before = this.results.get(course);
    const problems = [
      ...this.#wrongBids(state, auction),
      ...this.#wrongSale(state, auction, result),
      ...state.instances.flatMap(({ instance, saga }) =>
        instance.revision === 'none' ||
        (instance.outstanding.done && instance.outstanding.pending.length === 0)
          ? []
          : [`the saga ${saga.name} is not done`],
      ),
      ...(before === undefined || before === result
        ? []
        : [`${result} where the same bids led to ${before}`]),
    ];
    if (before !== undefined || problems.length > 0) return problems;
    this.results.set(course, result);
    return this.#judged(await wayThere());
  }

  #since({ streams }: State, name: string): readonly RecordedEvent[] {
    const stream = streams.find((it) => it.name === name);
    return stream?.events.slice(this.#given.get(name) ?? 0) ?? [];
  }

  /** What a stream's events since the beginning took out of and put into clearing, in cents. */
  #clearingOf(stream: Stream): bigint {
    const known = this.#clearing.get(stream.id);
    if (known !== undefined) return known;
    const events = stream.events.slice(this.#given.get(stream.name) ?? 0);
    const postings = events.flatMap(
      ({ data }) => (fieldOf(data, 'postings') ?? []) as readonly { account: string; amount: bigint }[],
    );
    const sum = postings
      .filter(({ account }) => account.startsWith('clearing:'))
      .reduce((total, { amount }) => total + amount, 0n);
    this.#clearing.set(stream.id, sum);
    return sum;
  }

  #wrongBids(state: State, auction: readonly RecordedEvent[]): readonly string[] {
    const end = auction.find(({ type }) => type === 'LotClosing')?.position;
    if (end === undefined && this.#world.bidders.length > 0 && !isCancelled(auction))
      return ['the lot never closed'];
    return this.#world.bidders.flatMap(({ stream, bids, actor }) => {
      const wallet = this.#since(state, `wallet-${actor.id}:USD`);
      const door = this.#since(state, stream);
      const tooMany = door.length > bids.length;
      return [
        ...(tooMany ? [`${actor.id} sent ${bids.length} bids, ${door.length} came in`] : []),
        ...typed(door, 'BidPlaced').flatMap((placed) => wrongAnswers(placed, auction, wallet, end)),
      ];
    });
  }

  /** The hammer, the fees and everybody's money are what the accepted bids make of them, in their order. */
  #wrongSale(state: State, auction: readonly RecordedEvent[], result: string): readonly string[] {
    const accepted = typed(auction, 'BidAccepted').map(
      ({ data }): Accepted => ({
        bidder: textOf(data, 'bidder'),
        maximum: fieldOf(data, 'maximum') as bigint,
      }),
    );
    const cancelled = isCancelled(auction);
    const hammers = typed(auction, 'LotSold', 'LotPassed').length;
    const stands = !cancelled && this.#isScheduled(auction);
    const due = stands
      ? [this.#resultText(saleOf(accepted, this.#world.reserve))]
      : ['LotConsigned', 'LotReturned'].map((lot) => this.#noSale(lot, auction));
    return [
      ...this.#wrongCancellation(state, auction),
      ...(hammers === (stands ? 1 : 0) ? [] : [`the hammer fell ${hammers} times`]),
      ...(due.includes(result) ? [] : [`it ends with ${result}, and ${due.join(' or ')} is due`]),
    ];
  }

  #isScheduled(auction: readonly RecordedEvent[]): boolean {
    return [...this.#world.history, ...auction].some(({ type }) => type === 'AuctionScheduled');
  }

  /** An auction is cancelled if its sale was cancelled before its end; behind that, it may be. */
  #wrongCancellation(state: State, auction: readonly RecordedEvent[]): readonly string[] {
    const sale = this.#since(state, 'sale-s1').find(({ type }) => type === 'SaleCancelled');
    const end = auction.find(({ type }) => type === 'LotClosing');
    const cancelled = isCancelled(auction);
    if (cancelled && sale === undefined) return ['it was cancelled, and its sale was not'];
    const isDue = sale !== undefined && (end === undefined || sale.position < end.position);
    return isDue && this.#isScheduled(auction) && !cancelled
      ? ['its sale was cancelled before its end, and it was not']
      : [];
  }

  /** Nobody pays anything; before it was offered, or since it came back, the lot is its consignor's. */
  #noSale(lot: string, auction: readonly RecordedEvent[]): string {
    const wallets = this.#world.bidders.map(({ actor }) => `${actor.id} ${FUNDS}+0`);
    const end = auction.findLast(({ type }) => !ofLateBids.has(type))?.type;
    return [...wallets, 'sam 0+0', 'fees 0', lot, end].join(', ');
  }

  #resultText(sale: ReturnType<typeof saleOf>): string {
    const { winner, hammer } = sale ?? { winner: undefined, hammer: 0n };
    const premium = share(hammer, PREMIUM_BASIS_POINTS);
    const commission = share(hammer, COMMISSION_BASIS_POINTS);
    const wallets = this.#world.bidders.map(({ actor }) => {
      const paid = actor.id === winner ? hammer + premium : 0n;
      return `${actor.id} ${FUNDS - paid}+0`;
    });
    const lot = winner === undefined ? 'LotReturned' : `OwnershipPassed ${winner}`;
    const end = winner === undefined ? 'LotPassed' : 'LotSettled seller';
    return [...wallets, `sam ${hammer - commission}+0`, `fees ${premium + commission}`, lot, end].join(', ');
  }

  /** Everybody's money (available+held), whose the lot is, and how the auction ended. */
  #resultOf(state: State): string {
    const streamOf = (name: string) => state.streams.find((stream) => stream.name === name);
    const moneyOf = (person: string): string => {
      const wallet = streamOf(`wallet-${person}:USD`)?.head.state as { available: bigint; held: bigint };
      return `${person} ${wallet.available}+${wallet.held}`;
    };
    const fees = (streamOf(feesStream(this.#world))?.events ?? []).reduce(
      (sum, { data }) => sum + (fieldOf(data, 'amount') as bigint),
      0n,
    );
    const owner = streamOf('lot-l1')?.events.at(-1);
    const lot =
      owner?.type === 'OwnershipPassed' ? `OwnershipPassed ${textOf(owner.data, 'owner')}` : owner?.type;
    const decided = this.#lastButBids(state);
    const end =
      decided?.type === 'LotSettled' ? `LotSettled ${textOf(decided.data, 'paidTo')}` : decided?.type;
    const people = [...this.#world.bidders.map(({ actor }) => actor.id), 'sam'];
    return [...people.map(moneyOf), `fees ${fees}`, lot, end].join(', ');
  }

  #lastButBids(state: State): RecordedEvent | undefined {
    return this.#since(state, `auction-${this.#world.auctionId}`).findLast(
      ({ type }) => !ofLateBids.has(type),
    );
  }

  /** Reads a way as the history that the store would hold, before the eyes of the judge. */
  #judged(way: readonly Move[]): readonly string[] {
    const judge = judgement();
    for (const event of this.#world.history) judge.see(event);
    for (const event of historyOf(this.#world, this.#registry, way)) judge.see(event);
    judge.atRest();
    return judge.problems();
  }
}
