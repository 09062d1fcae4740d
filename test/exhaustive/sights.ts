import type { RecordedEvent, Reply, StoredEvent } from '#domain/kernel/envelope.ts';
import { canonicalText, Interned, Numbers } from './names.ts';

// What reactions and sagas get to see of an event. Two histories that differ only in what nobody ever sees are one state,
// so what is left out of that comparison must not be seen: whoever reads it here fails.

/**
 * Figures that a statement shows and no reaction or saga may go by: they depend on the order in which independent claims
 * came to a wallet, which decides nothing else.
 */
const unseen: ReadonlySet<string> = new Set(['balance', 'postings', 'held', 'released', 'holdEnded']);

/** An event as those who react see it. */
export interface Sight {
  readonly id: number;
  readonly event: RecordedEvent;
}

/** A reply as whoever sent the command sees it. */
export interface Seen {
  readonly id: number;
  readonly reply: Reply;
  readonly sights: readonly Sight[];
}

export class UnseenError extends Error {
  constructor(what: string) {
    super(`${what} was read, which the search leaves out of its states`);
    this.name = 'UnseenError';
  }
}

const isWallet = ({ stream }: Pick<StoredEvent, 'stream'>): boolean => stream.startsWith('wallet-');
/** Whose place in the one history is compared with another's: bids, a sale's end, being called off, and what an auction's sagas look at. */
const placed: ReadonlySet<string> = new Set([
  ...[
    'BidPlaced',
    'SaleCancelled',
    'AuctionCalledOff',
    'AuctionCancelled',
    'AuctionScheduled',
    'AuctionOpened',
    'LotClosing',
    'LotSold',
    'LotPassed',
  ],
]);
const hasPlace = ({ type }: Pick<StoredEvent, 'type'>): boolean => placed.has(type);

/** A recorded no without what it says to the person: only its code leads anywhere. */
const codeOf = (reason: unknown): unknown =>
  typeof reason === 'object' && reason !== null && 'code' in reason ? { code: reason.code } : reason;

function dataSeen(event: RecordedEvent): object {
  const entries = Object.entries(event.data).map(([name, value]) =>
    name === 'reason' ? ([name, codeOf(value)] as const) : ([name, value as unknown] as const),
  );
  return Object.fromEntries(isWallet(event) ? entries.filter(([name]) => !unseen.has(name)) : entries);
}

const texts = new WeakMap<RecordedEvent, string>();

/** The text of all that can be seen of an event; with its place, where that counts. */
export function textSeen(event: RecordedEvent): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const { eventId, type, position } = event;
  const text = canonicalText([eventId, type, hasPlace(event) ? position : null, dataSeen(event)]);
  texts.set(event, text);
  return text;
}

/** What can be seen of an event whoever caused it and wherever it stands. */
export const courseSeen = (event: RecordedEvent): string => canonicalText([event.type, dataSeen(event)]);

/**
 * Sights and replies, each once. `byPlace`: events are told apart by their true revision. Otherwise their cause gives
 * them a number, the same in every history: a revision serves reactions and sagas only to tell one event of a stream from
 * another, in the ids of what they send.
 */
export class Sights {
  readonly #byPlace: boolean;
  readonly #names = new Numbers();
  readonly #sights = new Interned<Sight>();
  readonly #seen = new Interned<Seen>();
  readonly #ofEvent = new WeakMap<RecordedEvent, Sight>();

  constructor(options: { readonly byPlace: boolean }) {
    this.#byPlace = options.byPlace;
  }

  of(event: RecordedEvent): Sight {
    const known = this.#ofEvent.get(event);
    if (known !== undefined) return known;
    const revision = this.#byPlace ? event.revision : 1_000 + this.#names.of(event.eventId);
    const sight = this.#sights.of(`${revision} ${textSeen(event)}`, (id) => ({
      id,
      event: this.#view(event, revision),
    }));
    this.#ofEvent.set(event, sight);
    return sight;
  }

  reply(reply: Reply): Seen {
    const sights = reply.events.map((event) => this.of(event));
    const code = reply.outcome === 'rejected' ? reply.rejection.code : '';
    const text = `${reply.outcome} ${code} ${reply.commandId} ${sights.map(({ id }) => id).join()}`;
    const events = sights.map(({ event }) => event);
    return this.#seen.of(text, (id) => ({ id, sights, reply: { ...reply, position: undefined, events } }));
  }

  #view(event: RecordedEvent, revision: number): RecordedEvent {
    const { eventId, type, stream, recordedAt, metadata, position } = event;
    const data = new Proxy(dataSeen(event), {
      get(target, name) {
        if (isWallet(event) && unseen.has(String(name))) throw new UnseenError(`${type}.${String(name)}`);
        return Reflect.get(target, name);
      },
    });
    const view = { eventId, type, stream, revision, recordedAt, metadata, data };
    if (hasPlace(event)) return { ...view, position };
    return Object.defineProperty({ ...view, position }, 'position', {
      get() {
        throw new UnseenError(`the place of ${type} in the history`);
      },
    });
  }
}
