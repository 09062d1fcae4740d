import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Chains } from './chains.ts';
import type { SagaInstances } from './instances.ts';
import type { Seen, Sights } from './sights.ts';
import type { State } from './state.ts';
import type { Stream, Streams } from './streams.ts';
import type { Parts, World } from './world.ts';

/** All that the moves of one search are made of. */
export interface SceneOptions {
  readonly world: World;
  readonly parts: Parts;
  readonly sights: Sights;
  readonly streams: Streams;
  readonly chains: Chains;
  readonly sagas: SagaInstances;
  /** Before and at the end of the lot, which is all that the time of a decision can mean. */
  readonly moments: readonly [string, string];
  /** Whether what concerns nobody else is done at once (see exhaustive.ts for why that loses nothing). */
  readonly reduced: boolean;
  /** So many bids at most are waited for no longer. */
  readonly mostPassedOver: number;
  /** Where the search begins. */
  readonly first: State;
}

/** The scene of a search: its parts, and where in a state each stream is found. */
export class Scene {
  readonly options: SceneOptions;
  /** Types of events that a chain may begin with. */
  readonly begins: ReadonlySet<string>;
  /** The slot of the auction. */
  readonly auction: number;
  /** The stream of its sale. */
  readonly sale = 'sale-s1';
  readonly #slots: ReadonlyMap<string, number>;

  constructor(options: SceneOptions) {
    this.options = options;
    this.#slots = new Map(options.first.streams.map(({ name }, slot) => [name, slot]));
    this.begins = new Set(options.parts.reactions.flatMap(({ events }) => events.map(({ type }) => type)));
    this.auction = this.slotOf(`auction-${options.world.auctionId}`);
  }

  slotOf(name: string): number {
    const slot = this.#slots.get(name);
    if (slot === undefined) throw new RangeError(`${name} is not of this world`);
    return slot;
  }

  /** The stream of a name; undefined when nothing in this world touches it. */
  named(state: State, name: string): Stream | undefined {
    const slot = this.#slots.get(name);
    return slot === undefined ? undefined : this.at(state, slot);
  }

  at({ streams }: State, slot: number): Stream {
    const stream = streams[slot];
    if (stream === undefined) throw new RangeError(`no stream in slot ${slot}`);
    return stream;
  }
}

/** A reply in a story. */
export function toldReply({ reply }: Seen): string {
  if (reply.outcome === 'rejected') return reply.rejection.code;
  return reply.events.length === 0 ? 'nothing to do' : reply.events.map(toldEvent).join();
}

export const toldEvent = ({ type }: Pick<RecordedEvent, 'type'>): string => type;
