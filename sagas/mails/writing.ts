import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import type { AskedMail, LetterFacts, MailTable } from '#domain/kernel/mails.ts';
import { opened, Sealed } from '#domain/kernel/personal.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Mail } from '#domain/kernel/ports/mail.ts';
import type { OpenMail } from '#domain/kernel/ports/mail-ledger.ts';
import type { KeysByPerson, PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import type { House } from '#runtime/house.ts';
import { rendered } from './rendering.ts';

/** The tables of every context as one. @throws TypeError for an event that two of them take */
export function tablesOf(tables: readonly MailTable[]): MailTable {
  const events = tables.flatMap((table) => table.events);
  const byType = new Map(tables.flatMap((table) => table.events.map(({ type }) => [type, table] as const)));
  if (byType.size < events.length) throw new TypeError('two tables of mails take one event');
  return { events, asks: (event) => byType.get(event.type)?.asks(event) };
}

export interface Writing {
  readonly table: MailTable;
  readonly store: Pick<EventStore, 'readAll'>;
  readonly registry: Pick<Registry, 'decode'>;
  readonly keys: Pick<PersonKeys, 'find' | 'nameOf'>;
  /** The origin that people are sent to. */
  readonly publicUrl: () => string;
  readonly house: House;
}

export type Written =
  | { readonly mail: Mail }
  /** It is never sent: why, in words that may be told to anybody. */
  | { readonly end: 'erased' | 'refused'; readonly words: string };

/** The event that it is about. */
async function eventOf(
  { store, registry }: Writing,
  { position, eventId }: OpenMail,
): Promise<RecordedEvent | undefined> {
  const { events } = await store.readAll({ after: position - 1n, limit: 1 });
  const [stored] = events;
  return stored?.eventId === eventId ? registry.decode(stored) : undefined;
}

const sealedIn = ({ address, data }: AskedMail): readonly Sealed[] =>
  [address, ...Object.values(data)].flatMap((value) => {
    const read = Sealed.safeParse(value);
    return read.success ? [read.data] : [];
  });

/** The address and the data with all that is sealed in them opened; undefined where some of it does not open. */
function read({ address, data }: AskedMail, keys: KeysByPerson) {
  const to = opened(address, keys);
  const fields = Object.entries(data).map(([field, value]) => {
    const isPlain = typeof value === 'string' || typeof value === 'number';
    return [field, isPlain ? value : opened(value, keys)] as const;
  });
  if (to === undefined || fields.some(([, value]) => value === undefined)) return undefined;
  return { to, data: Object.fromEntries(fields) as Readonly<Record<string, string | number>> };
}

/**
 * Writes a mail at the moment when it is sent: only here is anything about people opened.
 *
 * @throws StoreError where the history or the keys cannot be asked, NewerEventError; whatever a template throws
 */
export async function write(writing: Writing, open: OpenMail): Promise<Written> {
  const { table, keys, publicUrl, house } = writing;
  const event = await eventOf(writing, open);
  if (event === undefined) return { end: 'refused', words: 'its event is not in the history any more' };
  const asked = table.asks(event);
  if (asked?.to !== open.person || asked.template.name !== open.template)
    return { end: 'refused', words: 'nobody writes it any more' };
  const people: readonly PersonId[] = [...new Set([asked.to, ...sealedIn(asked).map(({ of }) => of)])];
  const found = await keys.find(people);
  if (people.some((person) => found.get(person) === 'destroyed'))
    return { end: 'erased', words: 'whoever it is to, or about, has been erased' };
  const plain = read(asked, found);
  if (plain === undefined) return { end: 'refused', words: 'what is sealed in it does not open' };
  const facts: LetterFacts = {
    ...{ publicUrl: publicUrl(), eventId: open.eventId, person: asked.to },
    recordedAt: event.recordedAt,
    isReachable: house.contact !== undefined,
    nameOf: (kind, text) => keys.nameOf(kind, text),
  };
  const letter = asked.template.write[asked.language](plain.data, facts);
  return {
    mail: {
      ...{ messageId: open.messageId, person: asked.to, to: plain.to, language: asked.language },
      ...{ ...rendered(letter, asked.language, house), writtenAt: event.recordedAt },
    },
  };
}
