import type { Actor } from '#domain/kernel/actor.ts';
import type { AnyDecider } from '#domain/kernel/decider.ts';
import type { Envelope } from '#domain/kernel/envelope.ts';
import type { Workflow } from '#domain/kernel/workflow.ts';
import type { Walk } from './chains.ts';
import type { Lines } from './lines.ts';
import type { Scene } from './scene.ts';
import type { Settling } from './settling.ts';
import type { Seen } from './sights.ts';
import { replaced, type State } from './state.ts';
import type { Asked, Stream } from './streams.ts';
import type { Bid, Bidder } from './world.ts';

/** Somebody whose command waits for its stream. */
export interface Sender {
  readonly who: string;
  readonly slot: number;
  readonly asked: Asked;
  /** The write side follows the reactions to its events, unless a chain sent it: that one follows them itself. */
  readonly follows: 'new events' | 'all events' | 'nothing';
  /** See {@link Move}. */
  readonly kind: 'due' | 'may';
  /** What whoever sent it does with the answer. */
  take(state: State, answer: Seen): State;
}

/** What a stream has come to, as somebody reads it. */
type StateIn = (stream: Stream) => unknown;

/** Everybody who may send a command next. */
export class Senders {
  readonly #scene: Scene;
  readonly #settling: Settling;
  /** By the command and what its precondition reads. */
  readonly #guardedSends = new Map<string, readonly Asked[]>();
  /** By the auction and its sale, and whether it has ended by anybody's clock. */
  readonly #bids = new Map<string, Map<Bid, readonly Asked[]>>();
  readonly #given: ReadonlyMap<string, number>;
  readonly #lines: Lines;
  readonly #decided = new Map<number, number>();

  constructor(scene: Scene, settling: Settling, lines: Lines) {
    this.#scene = scene;
    this.#settling = settling;
    this.#lines = lines;
    const { first } = scene.options;
    this.#given = new Map(first.streams.map(({ name, events }) => [name, events.length]));
  }

  of(state: State): readonly Sender[] {
    return [
      ...this.#walkers(state),
      ...this.#laneWalkers(state),
      ...state.instances.flatMap((_, at) => this.#sagaSenders(state, at)),
      ...this.#scene.options.world.bidders.flatMap((bidder) => this.#bidding(state, bidder)),
      ...this.#scene.options.world.others.flatMap((envelope) => this.#other(state, envelope)),
    ];
  }

  #walkers(state: State): readonly Sender[] {
    return state.walks.flatMap((walk): readonly Sender[] => {
      if (walk.next === undefined) return [];
      if (!this.#lines.isItsTurn(state, walk)) return this.#passingOver(state, walk);
      return this.#preconditionNow(state, walk.next).map((asked) => ({
        ...this.sending('the write side', asked, 'nothing'),
        // A process that lives goes on. Reduced, it may as well be dead (see exhaustive.ts).
        kind: this.#scene.options.reduced ? 'may' : 'due',
        take: (state, answer) => {
          const { chains } = this.#scene.options;
          const rest = state.walks.filter((it) => it !== walk);
          return { ...state, walks: [...rest, chains.goOn(walk, answer)] };
        },
      }));
    });
  }

  /** Whoever waits for others may have had enough of it: how long that takes is not known here. */
  #passingOver(state: State, walk: Walk): readonly Sender[] {
    const asked = this.#lines.passingOver(state, walk);
    if (asked === undefined) return [];
    const sender = this.sending('whoever waits in line', asked, 'nothing');
    return [{ ...sender, kind: 'may', take: (next) => next }];
  }

  #laneWalkers(state: State): readonly Sender[] {
    return state.lanes.flatMap(({ net, walk }, at): readonly Sender[] => {
      if (walk?.next === undefined) return [];
      if (!this.#lines.isItsTurn(state, walk)) return this.#passingOver(state, walk);
      return this.#preconditionNow(state, walk.next).map((asked) => ({
        ...this.sending(`the catch-up consumer (${net.reaction.name})`, asked, 'nothing'),
        take: (state, answer) => {
          const lane = state.lanes[at];
          if (lane === undefined) return state;
          const on = { ...lane, walk: this.#scene.options.chains.goOn(walk, answer) };
          return { ...state, lanes: replaced(state.lanes, at, on) };
        },
      }));
    });
  }

  #sagaSenders(state: State, at: number): readonly Sender[] {
    const instance = state.instances[at];
    if (
      instance?.sends === undefined ||
      state.inHand[at] !== undefined ||
      this.#settling.isDue(state, instance)
    )
      return [];
    const { asked } = instance.sends;
    return [
      {
        ...this.sending(`the saga ${instance.saga.name}`, asked, 'new events'),
        take: (state, answer) => ({ ...state, inHand: replaced(state.inHand, at, answer) }),
      },
    ];
  }

  /**
   * The next bid of somebody: with what its precondition said now, or, where that was a yes once, some time before; decided before
   * the end of the lot or, once its moment has come, behind it: clocks differ, and a timer may be late.
   */
  #bidding(state: State, { stream, bids }: Bidder): readonly Sender[] {
    const bid = bids[this.decidedBids(this.#scene.at(state, this.#scene.slotOf(stream)))];
    if (bid === undefined) return [];
    return this.precondition(state, bid).map((asked) => ({
      ...this.sending(bid.actor.id, asked, 'all events'),
      kind: 'may' as const,
      take: (state) => state,
    }));
  }

  /** How many of a bidder's bids have been decided at the door. */
  decidedBids({ id, name, events }: Stream): number {
    const known = this.#decided.get(id);
    if (known !== undefined) return known;
    const own = events.slice(this.#given.get(name) ?? 0);
    const decided = new Set(own.map(({ metadata }) => metadata.commandId)).size;
    this.#decided.set(id, decided);
    return decided;
  }

  /** What somebody else asks for, once. */
  #other(state: State, envelope: Envelope): readonly Sender[] {
    const { ready } = this.#scene.options.streams.ask(envelope);
    const stream = this.#scene.at(state, this.#scene.slotOf(ready.stream));
    if (stream.head.commands.has(ready.key)) return [];
    return this.#asks(state, envelope, this.#scene.options.moments[0]).map((asked) => ({
      ...this.sending(envelope.actor.id, asked, 'all events'),
      kind: 'may' as const,
      take: (state) => state,
    }));
  }

  /** A command with what its precondition says now, or said where the search begins, if that was a yes. */
  #asks(state: State, envelope: Envelope, moment: string): readonly Asked[] {
    const { streams, parts, first, moments } = this.#scene.options;
    const unguarded = streams.ask(envelope);
    const { command, data } = unguarded.ready;
    const workflow = parts.workflows.find((it) => it.command.type === command.type);
    if (workflow === undefined) return [unguarded];
    const { actor } = envelope;
    const precondition = (at: State, now: string): unknown =>
      workflow.precondition(this.#statesIn(at, workflow, data, actor), data, { now, actor });
    const now = precondition(state, moment);
    const before = precondition(first, moments[0]);
    // A no must be new. A yes may be as old as anything that a process has cached: it may be that of the beginning.
    const all = workflow.refuses(before) ? [now] : [before, now];
    return [...new Set(all.map((precondition) => streams.ask(envelope, precondition, moment)))];
  }

  /**
   * What a reaction sends, with what its precondition says. All that it reads it reads to the end, behind the event that it reacts to:
   * now, or as long before as when the lot closed, which the hammer follows.
   */
  #preconditionNow(state: State, asked: Asked): readonly Asked[] {
    const { parts, streams, moments } = this.#scene.options;
    const { command, data, envelope } = asked.ready;
    const workflow = parts.workflows.find((it) => it.command.type === command.type);
    if (workflow === undefined) return [asked];
    const { actor } = envelope;
    const read = Object.values(workflow.reads).map(({ stream }) => stream(data, actor));
    const ids = [...read, this.#scene.sale].map((it) => this.#scene.named(state, it)?.id);
    const name = `${asked.id} ${ids.join()}`;
    const known = this.#guardedSends.get(name);
    if (known !== undefined) return known;
    const ages: readonly StateIn[] = [
      (stream) => stream.head.state,
      (stream) => streams.stateBehindTheEnd(stream),
    ];
    const all = ages.map((age) => {
      const states = this.#statesIn(state, workflow, data, actor, age);
      return streams.ask(envelope, workflow.precondition(states, data, { now: moments[0], actor }));
    });
    const different = [...new Set(all)];
    this.#guardedSends.set(name, different);
    return different;
  }

  /** The states that a precondition reads. Nobody in this small world is shown a secret. */
  #statesIn(
    state: State,
    { reads, readsNext }: Workflow,
    data: object,
    actor: Actor,
    stateIn: StateIn = ({ head }) => head.state,
  ) {
    const stateOf = (name: string | undefined, { initial }: AnyDecider): unknown => {
      const stream = name === undefined ? undefined : this.#scene.named(state, name);
      return stream === undefined ? initial : stateIn(stream);
    };
    const first = Object.fromEntries(
      Object.entries(reads).map(([name, { stream, decider }]) => [
        name,
        stateOf(stream(data, actor), decider),
      ]),
    );
    const next = Object.entries(readsNext).map(([name, { stream, decider }]) => [
      name,
      stateOf(stream(first, actor), decider),
    ]);
    return { ...first, ...Object.fromEntries(next) };
  }

  precondition(state: State, bid: Bid): readonly Asked[] {
    const auction = this.#scene.at(state, this.#scene.auction);
    const sale = this.#scene.named(state, this.#scene.sale);
    const name = `${auction.id} ${sale?.id} ${state.timeIsUp}`;
    const ofAuction = this.#bids.get(name) ?? new Map<Bid, readonly Asked[]>();
    this.#bids.set(name, ofAuction);
    const known = ofAuction.get(bid);
    if (known !== undefined) return known;
    const [early, late] = this.#scene.options.moments;
    const askedAt = (moment: string): readonly Asked[] => this.#asks(state, bid.envelope, moment);
    const asked = [...new Set([...askedAt(early), ...(state.timeIsUp ? askedAt(late) : [])])];
    ofAuction.set(bid, asked);
    return asked;
  }

  sending(
    who: string,
    asked: Asked,
    follows: Sender['follows'],
  ): Pick<Sender, 'who' | 'slot' | 'asked' | 'follows' | 'kind'> {
    return { who, asked, follows, slot: this.#scene.slotOf(asked.ready.stream), kind: 'due' };
  }
}
