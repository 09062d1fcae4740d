import { LotClosing } from '#domain/auctions/auction/messages.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { Lines } from './lines.ts';
import { type Scene, toldEvent, toldReply } from './scene.ts';
import { type Sender, Senders } from './senders.ts';
import { type Settled, Settling } from './settling.ts';
import type { Seen, Sight } from './sights.ts';
import { afterCrash, isVolatile, type Lane, type Net, replaced, type State } from './state.ts';
import type { Asked, Place } from './streams.ts';
import type { Bid } from './world.ts';

/** Something that may happen next. */
export interface Move {
  /**
   * `due`: sagas, timers and the catch-up consumer will do it sooner or later, whoever is there. `may`: it depends on a client or on
   * the memory of a process, or it is a crash; so it may never happen.
   */
  readonly kind: 'due' | 'may';
  readonly to: State;
  readonly say: () => string;
  /** What it adds to the history, in order. */
  readonly adds: readonly RecordedEvent[];
}

/** Everything that may happen next in a state: the one place that knows what the system can do. */
export class Moves {
  readonly #scene: Scene;
  readonly #settling: Settling;
  readonly #senders: Senders;
  readonly #lines: Lines;
  readonly #places = new Map<number, Place>();

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#settling = new Settling(scene);
    this.#lines = new Lines(scene);
    this.#senders = new Senders(scene, this.#settling, this.#lines);
  }

  /** What a state comes to by itself. @throws Unread */
  settled = (state: State): readonly Settled[] => this.#settling.settled(state);

  /** Every move of a settled state, in an order that is always the same. @throws Unread */
  of(state: State): readonly Move[] {
    const senders = this.#senders.of(state);
    return [
      ...state.instances.flatMap((_, at) => this.#taking(state, at)),
      ...this.#sends(state, senders),
      ...this.#time(state),
      ...this.#checkpoints(state),
      ...this.#repeats(state),
      ...this.#crash(state),
    ];
  }

  /**
   * Each alone; and two that wait for the same stream in one append, in either order, where that comes to anything else
   * than one append after the other.
   */
  #sends(state: State, senders: readonly Sender[]): readonly Move[] {
    const place = this.#place(state);
    const moves: Move[] = [];
    for (const one of senders) {
      moves.push(...this.#send(state, [one]));
      for (const other of senders)
        if (other !== one && other.slot === one.slot) {
          const stream = this.#scene.at(state, one.slot);
          const together = [one.asked, other.asked] as const;
          if (
            !this.#scene.options.reduced ||
            !this.#scene.options.streams.isAsApart(stream, ...together, place)
          )
            moves.push(...this.#send(state, [one, other]));
        }
    }
    return moves;
  }

  #send(state: State, senders: readonly Sender[]): readonly Move[] {
    const [first] = senders;
    if (first === undefined) return [];
    const asked = senders.map((sender) => sender.asked);
    const place = this.#place(state);
    const stream = this.#scene.at(state, first.slot);
    const { after, events, replies } = this.#scene.options.streams.decide(stream, asked, place);
    // Behind a barrier the rest waits: that is the move of the first alone.
    if (replies.length < senders.length) return [];
    this.#lines.check(state, events);
    let next: State = {
      ...state,
      streams: replaced(state.streams, first.slot, after),
      lanes: this.#met(state.lanes, events),
    };
    for (const [at, sender] of senders.entries()) {
      const reply = replies[at];
      if (reply === undefined) continue;
      const follows = sender.follows === 'all events' || (sender.follows === 'new events' && !reply.repeated);
      if (follows) next = this.#followed(next, reply.seen);
      next = sender.take(next, reply.seen);
    }
    const say = () =>
      `${senders.map(({ who, asked }) => `${who}: ${told(asked)}`).join(', and in the same append ')} → ${
        events.length === 0
          ? replies.map(({ seen }) => toldReply(seen)).join()
          : `${stream.name}: ${events.map(toldEvent).join(', ')}`
      }`;
    return this.#moves(first.kind, next, say, events);
  }

  #moves(
    kind: Move['kind'],
    next: State,
    say: () => string,
    adds: readonly RecordedEvent[],
  ): readonly Move[] {
    return this.#settling.settled(next, adds).map((settled) => ({
      kind,
      to: settled.state,
      adds: settled.adds,
      say: () => [say(), ...settled.says].join('; '),
    }));
  }

  /** What the catch-up consumers will meet of new events. What leads to nothing is passed with the next that leads on. */
  #met(lanes: readonly Lane[], events: readonly RecordedEvent[]): readonly Lane[] {
    const begins = events.filter(({ type }) => this.#scene.begins.has(type));
    if (begins.length === 0) return lanes;
    const sights = begins.map((event) => this.#scene.options.sights.of(event));
    return lanes.map((lane) => {
      const { reaction } = lane.net;
      const met = sights.filter((root) => this.#leadsOn(lane.net, root));
      if (met.length === 0) return lane;
      const roots = [...lane.roots, ...met];
      const keys = new Set(roots.map(({ event }) => reaction.key(event)));
      if (keys.size > 1) throw new TypeError(`${reaction.name} has more than one lane here`);
      return { ...lane, roots };
    });
  }

  #leadsOn({ reaction, on, passed }: Net, root: Sight): boolean {
    const { chains } = this.#scene.options;
    if (!reaction.events.some(({ type }) => type === root.event.type)) return false;
    return chains.begin(root, on).next !== undefined || chains.begin(root, passed).next !== undefined;
  }

  /** The write side follows the chains of a reply behind its commit; one that is under way is not begun again. */
  #followed(state: State, { sights }: Seen): State {
    const roots = sights.filter(
      ({ id, event }) =>
        this.#scene.begins.has(event.type) && !state.walks.some(({ root }) => root.id === id),
    );
    if (roots.length === 0) return state;
    const begun = roots.map((root) => this.#scene.options.chains.begin(root, 'all'));
    return { ...state, walks: [...state.walks, ...begun] };
  }

  #taking(state: State, at: number): readonly Move[] {
    return this.#settling
      .inputs(state, at)
      .flatMap(({ to, what, adds }) => this.#moves('due', to, () => what, adds));
  }

  #time(state: State): readonly Move[] {
    if (state.timeIsUp) return [];
    return this.#moves('due', { ...state, timeIsUp: true }, () => 'the time of the lot is up', []);
  }

  /** A net commits its checkpoint behind what it has passed. */
  #checkpoints(state: State): readonly Move[] {
    return state.lanes.flatMap((lane, at): readonly Move[] => {
      if (lane.passed === 0) return [];
      const committed = { ...lane, roots: lane.roots.slice(lane.passed), passed: 0 };
      const to = { ...state, lanes: replaced(state.lanes, at, committed) };
      return this.#moves(
        'due',
        to,
        () => `the catch-up consumer (${lane.net.reaction.name}) commits its checkpoint`,
        [],
      );
    });
  }

  /** Somebody never heard what became of a bid, and sends it again under the same id. */
  #repeats(state: State): readonly Move[] {
    return this.#scene.options.world.bidders.flatMap(({ stream, bids }) => {
      const sent = bids.slice(
        0,
        this.#senders.decidedBids(this.#scene.at(state, this.#scene.slotOf(stream))),
      );
      return sent.flatMap((bid) => this.#repeat(state, bid));
    });
  }

  #repeat(state: State, bid: Bid): readonly Move[] {
    const { chains } = this.#scene.options;
    const [asked] = this.#senders.precondition(this.#scene.options.first, bid);
    if (asked === undefined) return [];
    const answer = this.#settling.remembered(state, asked);
    if (answer !== undefined) {
      const roots = answer.sights.filter(({ event }) => this.#scene.begins.has(event.type));
      const isIdle = roots.every(
        (root) =>
          state.walks.some((walk) => walk.root === root) ||
          this.#settling.isDone(state, chains.begin(root, 'all')),
      );
      if (isIdle) return [];
    }
    const sender: Sender = {
      ...this.#senders.sending(`${bid.actor.id} again`, asked, 'all events'),
      kind: 'may',
      take: (state) => state,
    };
    return this.#sends(state, [sender]);
  }

  #crash(state: State): readonly Move[] {
    const { reduced } = this.#scene.options;
    const left = afterCrash(state);
    // Reduced, a chain that the write side follows may stand still at any moment, which is all that a crash does to it.
    const to = reduced ? { ...left, walks: state.walks } : left;
    if (!isVolatile(reduced ? { ...state, walks: [] } : state)) return [];
    return this.#moves('may', to, () => 'CRASH, and a new start', []);
  }

  /** Where a new event stands in the history. */
  #place(state: State): Place {
    const { id, events } = this.#scene.at(state, this.#scene.auction);
    let place = this.#places.get(id);
    if (place === undefined) {
      const isClosed = events.some(({ type }) => type === LotClosing.type);
      place = isClosed ? 'behind the end' : 'before the end';
      this.#places.set(id, place);
    }
    return place;
  }
}

const told = ({ ready }: Asked): string => ready.command.type;
