import { registry } from '#compose/contexts.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Saga } from '#domain/kernel/saga.ts';
import { endsAt, opensAt } from '#test/support/saleroom.ts';
import { Chains } from './chains.ts';
import { wrongInStream } from './histories.ts';
import { instanceStream, type SagaInstance, SagaInstances } from './instances.ts';
import { Moves } from './moves.ts';
import { Promises } from './promises.ts';
import { Scene } from './scene.ts';
import { type Searched, search } from './search.ts';
import { Sights } from './sights.ts';
import type { State } from './state.ts';
import { type Stream, Streams } from './streams.ts';
import { feesStream, type Parts, realParts, recordedIn, type World } from './world.ts';

// An exhaustive search of a small world: everything that can happen to one auction with a few bids, in every order, with
// processes that die at every point, is gone through, and in every state the promises are checked.
//
// What is real. Commands are read (`intake`), checked (`placeBid.precondition`), decided and deduplicated (`decideBatch`, with
// barriers and shared appends), folded (`advance`) and answered (`replyOf`) by the pipeline's functions on the real
// deciders; chains are followed by the kernel's `followChain` and `followReaction` with all reactions; steps of sagas are
// made by `stepFor` and `afterStep`. The world before the search is the history of a whole platform. All of these are pure, so
// that each is run once for its arguments and then looked up.
//
// What is modelled, in senders.ts, settling.ts and moves.ts, is what stands around them: that an append is atomic and
// durable; who may send what next; and what is in memory alone (a walk along a chain, the way of a net since its
// checkpoint, an answer that a saga has not recorded). What it leaves out, and why nothing is lost:
//
// - A lost append. Whoever decides on an old head gets a conflict, which changes nothing, and decides again on the new one;
//   so deciding and appending are one step. Two writers are covered by that, and so is an outcome that was unknown: it is
//   an append, or none. That a precondition may be old is not left out: a bid is let in by what the auction once was.
// - The network. A command that is lost or late is one that is not decided yet; one that comes twice is a repeat.
// - Overload and other answers for the moment: to whoever follows a chain they are a death.
// - Time, but for the end of the lot (and what is to be scheduled, long before it). A bid is placed before that moment, or at it, also when nobody has closed the lot yet;
//   and before it also when a timer has come and gone, because clocks differ. Every other decision is made at both moments
//   and must come out the same, or be no answer at the earlier one (a timer that comes early), so that it comes again.
// - Places in the history, but for those that somebody compares (of bids with the end of their lot), and the order in
//   which the net meets its events, which is kept. Whoever reads another place fails (sights.ts).
// - How long somebody in line is waited for: whoever waits may pass over whoever stands before it at any time, or never. That
//   a process hears late who has left the line only makes it wait longer.
// - Other lots, and views, which only read; and a second owner of the net or of the sagas, whose commands have the same ids
//   and whose steps meet a conflict.
//
// A search that is not `plain` also takes for equal what cannot be told apart, and does at once what concerns nobody else:
//
// - Streams are equal when their states and their answers to repeats are, so that it does not matter in which order two
//   claims came to a wallet. Events are named after their cause instead of their revision, which serves to name them alone.
//   Figures of statements, which differ between such orders, must not be read by reactions and sagas (sights.ts).
// - Whoever asks what is recorded hears the recorded answer: now or later, it is the same. So walks stand behind every
//   answer there is, an event that would only be answered in this way counts as passed by the net, and two commands share
//   an append only where that comes to anything else than two appends.
// - A saga takes what is there for it at once, if it would come again after a crash: nobody else reads its stream.
// - The write side's walks take a step or stand still, and need not take it: that is all that a crash does to them, or
//   the return of a client who repeats a bid. So crashes of the write side, any number at any point, need no state of
//   their own, and an end is reached when sagas, timers and the net have nothing to do: whatever the others did, or not.
//
// Plain searches of smaller worlds, with explicit crashes, must reach the same streams and the same ends (exhaustive.test.ts).

export interface Exhausted extends Searched {
  /** Decisions that were really made, and streams that they led to. */
  readonly decisions: number;
  readonly streams: number;
  /** Every course that a stream can take, as far as reactions and sagas can see it and without the ids. */
  readonly courses: ReadonlySet<string>;
  /** What the bids can come to: by the course that the auction took, everybody's money and the lot. */
  readonly results: ReadonlyMap<string, string>;
  /** What was found, as a story; undefined when every promise is kept in every state. */
  readonly story: string | undefined;
}

export interface Scope {
  readonly parts?: Parts;
  /** Nothing is taken for equal but what is the same, and nothing goes first: for small worlds, to compare. */
  readonly plain?: boolean;
  /** So many bids at most are waited for no longer; by default any. */
  readonly mostPassedOver?: number;
  readonly mostStates?: number;
}

/** Goes through everything that can happen in a world. */
export async function exhaust(
  world: World,
  {
    parts = realParts,
    plain = false,
    mostPassedOver = Number.POSITIVE_INFINITY,
    mostStates = 30_000_000,
  }: Scope = {},
): Promise<Exhausted> {
  const history = recordedIn(world);
  const sights = new Sights({ byPlace: plain });
  const moments = [opensAt, endsAt] as const;
  const streams = new Streams({
    registry,
    sights,
    deciders: parts.deciders,
    byPlace: plain,
    moments,
    recordedAt: world.endsAt,
    judge: (stream) => [...wrongInStream(world, registry, stream), ...takenElsewhere(parts, stream)],
    ...(parts.rememberedCommands === undefined ? {} : { rememberedCommands: parts.rememberedCommands }),
  });
  const sagas = new SagaInstances({ registry, streams, moment: world.endsAt });
  const chains = new Chains({
    streams,
    registry,
    reactions: parts.reactions,
    ...(parts.followReaction === undefined ? {} : { followReaction: parts.followReaction }),
  });
  const first = firstState(world, history, parts, streams, sagas, plain);
  const moves = new Moves(
    new Scene({
      ...{ world, parts, sights, streams, chains, sagas, moments, reduced: !plain, first },
      mostPassedOver,
    }),
  );
  const promises = new Promises({ world, registry, first, broken: streams.broken });
  const searched = await search({
    first,
    moves,
    mostStates,
    judge: promises.inState,
    judgeEnd: (state, wayThere) => promises.atEnd(state, wayThere),
  });
  const { decisions, size, courses } = streams;
  return {
    ...searched,
    decisions,
    courses,
    streams: size,
    results: promises.results,
    story: storyOf(searched),
  };
}

/** Whether a saga follows the auction: those that do are run. */
function isOfAuction({ deciders }: Parts, { events }: Saga): boolean {
  const auction = deciders.find(({ category }) => category === 'auction');
  return events.some((event) => auction?.events.includes(event) === true);
}

/**
 * What the sagas that are not run would take: nothing that happens here may concern them. As long as nothing has, each of their
 * instances is as it was at first.
 */
const takenElsewhere = (parts: Parts, { events, added }: Stream): readonly string[] =>
  parts.sagas
    .filter((saga) => !isOfAuction(parts, saga))
    .flatMap((saga) =>
      events
        .slice(events.length - added)
        .filter((event) => saga.events.some(({ type }) => type === event.type))
        .filter((event) => saga.instanceOf(event) !== undefined)
        .filter((event) => saga.onEvent(saga.initial, event) !== undefined)
        .map(({ type }) => `the saga ${saga.name} would take ${type}, and is not run`),
    );

/** The streams that this world can touch, whether they have begun or not. */
function streamsOf(world: World): readonly string[] {
  const { auctionId, bidders } = world;
  return [
    `auction-${auctionId}`,
    ...bidders.map(({ stream }) => stream),
    ...bidders.flatMap(({ actor }) => [`wallet-${actor.id}:USD`, `debtor-${actor.id}`]),
    ...['wallet-sam:USD', feesStream(world), 'unclaimed-sam:USD', 'consignor-sam', 'lot-l1', 'sale-s1'],
  ];
}

function firstState(
  world: World,
  history: readonly RecordedEvent[],
  parts: Parts,
  streams: Streams,
  sagas: SagaInstances,
  plain: boolean,
): State {
  const of = (name: string) => history.filter(({ stream }) => stream === name);
  const positionOf = (eventId: string): bigint =>
    history.find((event) => event.eventId === eventId)?.position ?? 0n;
  const instances = parts.sagas
    .filter((saga) => isOfAuction(parts, saga))
    .map(
      (saga): SagaInstance =>
        sagas.given(saga, world.auctionId, of(instanceStream(saga, world.auctionId)), positionOf),
    );
  return {
    streams: streamsOf(world).map((name) => streams.given(name, of(name))),
    instances,
    inHand: instances.map(() => undefined),
    lanes: parts.reactions.map((reaction) => ({
      net: { reaction, on: { reaction, stage: 'on' }, passed: { reaction, stage: 'passed' } },
      ...{ roots: [], passed: 0, walk: undefined },
    })),
    walks: [],
    // Reduced, the lot may end from the beginning on, and bids still come in time: nobody can tell when its time came.
    timeIsUp: !plain,
  };
}

/** A way as a story: what happened, move by move, and what is wrong with it. */
function storyOf({ found }: Searched): string | undefined {
  if (found === undefined) return undefined;
  const moves = found.way.map(({ say }, at) => `${String(at + 1).padStart(3)}. ${say()}`);
  return [...moves, ...found.problems.map((problem) => `  ✗ ${problem}`)].join('\n');
}
