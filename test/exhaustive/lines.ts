import { BidPassedOver } from '#domain/auctions/auction/messages.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Line } from '#domain/kernel/line.ts';
import { envelopeOf } from '#runtime/chain.ts';
import type { Walk } from './chains.ts';
import type { Scene } from './scene.ts';
import type { Sight } from './sights.ts';
import type { State } from './state.ts';
import { type Asked, BrokenPromiseError, type Stream } from './streams.ts';

/**
 * The lines in which chains stand. Who stands before whom is what the catch-up consumer keeps: the events behind its checkpoint,
 * in the order of the history. Whoever has left is known by the streams; that a process may hear of it later only makes it
 * wait longer.
 */
export class Lines {
  readonly #scene: Scene;
  readonly #left = new Map<number, ReadonlySet<string>>();
  readonly #passed = new Map<number, ReadonlySet<string>>();
  readonly #passing = new Map<Sight, Asked>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** Whether a walk's next command may be sent: no line, or nobody before it. */
  isItsTurn(state: State, { root, line }: Walk): boolean {
    return line === undefined || this.#before(state, line, root).length === 0;
  }

  /** What is sent to pass over the first of those that a walk waits for. */
  passingOver(state: State, { root, line }: Walk): Asked | undefined {
    const [first] = line === undefined ? [] : this.#before(state, line, root);
    if (first === undefined || line === undefined) return undefined;
    if (this.#passedOver(state).size >= this.#scene.options.mostPassedOver) return undefined;
    const known = this.#passing.get(first);
    if (known !== undefined) return known;
    const { parts, streams } = this.#scene.options;
    const reaction = parts.reactions.find((it) => it.line === line);
    if (reaction === undefined) throw new TypeError('a line of no reaction');
    const { registry } = streams;
    const asked = streams.ask(envelopeOf({ registry }, reaction, first.event, line.passOver(first.event)));
    this.#passing.set(first, asked);
    return asked;
  }

  /** Bids are decided in their turn, and whoever was passed over hears that. @throws Broken */
  check(state: State, events: readonly RecordedEvent[]): void {
    for (const { net, roots } of state.lanes) {
      const { line } = net.reaction;
      if (line === undefined) continue;
      for (const event of events.filter(({ type }) => type === 'BidAccepted' || type === 'BidRefused')) {
        const id = line.place(event)?.id;
        const root = roots.find((it) => isIn(line, it) && line.place(it.event)?.id === id);
        // Perhaps in this very append.
        const passedOver = this.#passedOver(state).has(id ?? '') || passedOverBy(events).includes(id ?? '');
        if (passedOver !== isTooLate(event))
          throw new BrokenPromiseError([
            `${event.type}: ${passedOver ? 'it was' : 'nobody was'} passed over`,
          ]);
        if (
          !passedOver &&
          root !== undefined &&
          !this.#hasLeft(state, id) &&
          this.#before(state, line, root).length > 0
        )
          throw new BrokenPromiseError([`${event.type}: somebody stands before it and still waits`]);
      }
    }
  }

  /** Those who still stand before somebody, in order. */
  #before(state: State, line: Line, root: Sight): readonly Sight[] {
    const lane = state.lanes.find(({ net }) => net.reaction.line === line);
    const at = lane?.roots.indexOf(root) ?? -1;
    const before = at < 0 ? [] : (lane?.roots.slice(0, at) ?? []);
    return before.filter((it) => isIn(line, it) && !this.#hasLeft(state, line.place(it.event)?.id));
  }

  #passedOver(state: State): ReadonlySet<string> {
    const stream = this.#scene.at(state, this.#scene.auction);
    const known = this.#passed.get(stream.id);
    if (known !== undefined) return known;
    const passed = new Set(passedOverBy(stream.events));
    this.#passed.set(stream.id, passed);
    return passed;
  }

  #hasLeft({ streams }: State, id: string | undefined): boolean {
    return id !== undefined && streams.some((stream) => this.#leftIn(stream).has(id));
  }

  /** Whom a stream says something of that makes them leave. */
  #leftIn({ id, events }: Stream): ReadonlySet<string> {
    const known = this.#left.get(id);
    if (known !== undefined) return known;
    const left = new Set(
      this.#scene.options.parts.reactions.flatMap(({ line }) =>
        line === undefined ? [] : events.flatMap((event) => idOf(line, event)),
      ),
    );
    this.#left.set(id, left);
    return left;
  }
}

const passedOverBy = (events: readonly RecordedEvent[]): readonly string[] =>
  events
    .filter(({ type }) => type === BidPassedOver.type)
    .map(({ data }) => (data as { readonly bidId: string }).bidId);

const isTooLate = ({ type, data }: RecordedEvent): boolean =>
  type === 'BidRefused' &&
  (data as { readonly reason: { readonly code: string } }).reason.code === 'funded_too_late';

const isIn = (line: Line, { event }: Sight): boolean => event.type === line.joins.type;

const idOf = (line: Line, event: RecordedEvent): readonly string[] => {
  const place = line.leaves.some(({ type }) => type === event.type) ? line.place(event) : undefined;
  return place === undefined ? [] : [place.id];
};
