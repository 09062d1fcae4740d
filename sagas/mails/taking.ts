import type { RecordedEvent, StoredEvent } from '#domain/kernel/envelope.ts';
import { type AskedMail, type MailTable, mailId } from '#domain/kernel/mails.ts';
import type { Handler } from '#domain/kernel/ports/consumer.ts';
import type { MailLedger, TakenMail } from '#domain/kernel/ports/mail-ledger.ts';
import { NewerEventError, type Registry } from '#domain/kernel/registry.ts';

/** Under this name its checkpoint is kept. */
export const MAILS = 'mails';

/** An event that no schema has read yet, so that one which none reads parks nobody. */
interface Unread {
  readonly stored: StoredEvent;
}

export interface Taking {
  readonly table: MailTable;
  readonly registry: Pick<Registry, 'decode'>;
  readonly ledger: Pick<MailLedger, 'take'>;
  /** What stands behind the `@` of ids. */
  readonly domain: string;
  readonly nowMs: () => number;
  /** Told when there is something to send. */
  readonly taken: () => void;
}

/** @throws NewerEventError, at which the consumer stops */
function askedBy({ registry, table }: Taking, stored: StoredEvent): AskedMail | 'unreadable' | undefined {
  try {
    return table.asks(registry.decode(stored));
  } catch (error) {
    if (error instanceof NewerEventError) throw error;
    return 'unreadable';
  }
}

function takenOf(taking: Taking, stored: StoredEvent): readonly TakenMail[] {
  const asked = askedBy(taking, stored);
  if (asked === undefined) return [];
  const { eventId, position, type } = stored;
  const isRead = asked !== 'unreadable';
  const [person, template] = isRead ? [asked.to, asked.template] : ['', { name: '' }];
  const id = mailId(person, template, eventId);
  return [
    {
      ...{ id, messageId: `${id}@${taking.domain}`, person, template: template.name, eventId, position },
      ...(!isRead && { refused: `nobody can read the ${type} that it is about` }),
    },
  ];
}

/**
 * Takes down which mails the history asks for, in its order, and sends none: so one that waits holds up nobody. How far it has come is
 * kept with them, and what is met again, after a crash, by a replay, or because its checkpoint is lost, asks for nothing anew.
 */
export function takeMails(taking: Taking): Handler<Unread> {
  const { table, ledger, nowMs } = taking;
  return {
    name: MAILS,
    filter: { types: table.events.map(({ type }) => type) },
    read: (stored) => ({
      ...stored,
      // Nobody here looks at them before the event is read as a whole.
      metadata: stored.metadata as unknown as RecordedEvent['metadata'],
      data: { stored },
    }),
    key: ({ stream }) => stream,
    async handle(events, signal) {
      const last = events.at(-1);
      const mails = events.flatMap(({ data }) => takenOf(taking, data.stored));
      signal.throwIfAborted();
      if (last !== undefined) await ledger.take(mails, last.position, nowMs());
      if (mails.length > 0) taking.taken();
      return { writes: [], failures: [] };
    },
  };
}
