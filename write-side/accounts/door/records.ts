import type { JsonObject } from '#domain/kernel/canonical.ts';
import { BEGINNING, type Position, type RecordedEvent } from '#domain/kernel/envelope.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import type { Instant } from '#domain/kernel/instant.ts';
import { addressIn, openedData, whoseAddress } from '#domain/kernel/personal.ts';
import { type EventStore, storeLimits } from '#domain/kernel/ports/event-store.ts';
import type { PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import { redacted } from '#domain/kernel/redaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';

/** One event about a person, as they may see it: opened, and without what verifies their secrets. */
export interface RecordOfPerson {
  readonly stream: string;
  readonly type: string;
  readonly recordedAt: Instant;
  /** Who asked for it. */
  readonly by: PersonId;
  /** From where, where it was they. */
  readonly from?: string;
  readonly data: JsonObject;
}

export interface PersonRecords {
  /** Stream by stream, each in its order. @throws StoreError, NewerEventError */
  of(person: PersonId): AsyncIterable<RecordOfPerson>;
}

/** Where a person's records are. */
export interface RecordPlaces {
  /** The stream of their account. */
  account(person: PersonId): string;
  /**
   * From where on an account is its person's, by its events in their order: an address that nobody has proven may change hands, and what was
   * recorded before that is somebody else's. Undefined: it has always been theirs.
   */
  heldSince(events: AsyncIterable<RecordedEvent>): Promise<Position | undefined>;
  /** The streams that bear their name. */
  own(person: PersonId): readonly string[];
  /** Those that an event of theirs leads to. */
  behind(event: RecordedEvent, person: PersonId): readonly string[];
  /** False of what stands in one of these streams about somebody else. */
  isAbout(event: RecordedEvent, person: PersonId): boolean;
}

/** What stands in the history about people, read where it stands: a view would show less. */
export function personRecords(options: {
  readonly store: Pick<EventStore, 'readStream'>;
  readonly registry: Registry;
  readonly personKeys: Pick<PersonKeys, 'find'>;
  readonly places: RecordPlaces;
}): PersonRecords {
  const { store, registry, personKeys, places } = options;

  async function* eventsOf(stream: string): AsyncIterable<RecordedEvent> {
    for (let from = 0; ; from += storeLimits.pageEvents) {
      const page = await store.readStream(stream, { from, limit: storeLimits.pageEvents });
      for (const stored of page) yield registry.decode(stored);
      if (page.length < storeLimits.pageEvents) return;
    }
  }

  return {
    async *of(person) {
      const keys = await personKeys.find([person]);
      const since = (await places.heldSince(eventsOf(places.account(person)))) ?? BEGINNING;
      const streams = new Set(places.own(person));
      // What is added while it is gone through is gone through, too.
      for (const stream of streams)
        for await (const event of eventsOf(stream)) {
          for (const further of places.behind(event, person)) streams.add(further);
          const declared = registry.events.get(event.type);
          if (declared === undefined || event.position < since || !places.isAbout(event, person)) continue;
          const seen = redacted(registry, event, (mark) => mark === 'capability');
          const from = whoseAddress(event.metadata) === person ? addressIn(event, keys) : undefined;
          yield {
            ...{ stream, type: event.type, recordedAt: event.recordedAt, by: event.metadata.actor },
            ...(from !== undefined && { from }),
            data: openedData(declared, seen, keys),
          };
        }
    },
  };
}
