import type { Position } from '#domain/kernel/envelope.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import type { SettingStore } from '#domain/kernel/ports/setting-store.ts';

/** The setting that names the history which the views were made from. */
export const HISTORY = 'history';

/**
 * Makes sure the read store belongs to this history, before anything is read from it: one of another history is emptied,
 * checkpoints and all, because positions mean nothing there. Answers whether it was.
 */
export async function belongTo(
  readStore: Pick<ReadStore, 'settings' | 'reset'>,
  epoch: string,
): Promise<boolean> {
  const { settings } = readStore;
  const known = await settings.get(HISTORY);
  if (known === epoch) return false;
  if (known !== undefined) await readStore.reset();
  await settings.put(HISTORY, epoch);
  return known !== undefined;
}

/** Whether the read store belongs to this history already, as only its writer makes it. */
export const belongsTo = async (
  { settings }: { readonly settings: Pick<SettingStore, 'get'> },
  epoch: string,
): Promise<boolean> => (await settings.get(HISTORY)) === epoch;

/** What tells which history was read, and how far. */
export interface ReadBy {
  readonly settings: Pick<SettingStore, 'get'>;
  readonly consumers: Pick<ConsumerStore, 'all'>;
}

/** A view, reaction or saga, and how far it has read. */
export interface Reader {
  readonly consumer: string;
  readonly checkpoint: Position;
}

/** That the history is not the whole of what was read, and by whom. */
export interface Loss {
  /** Where the history ends. */
  readonly head: Position;
  /** Whether what was read is another history, so that nothing of it is here. */
  readonly another: boolean;
  /** Whoever has read what is missing, the furthest first; at least one. */
  readonly readers: readonly Reader[];
}

/**
 * Whether somebody has read what this history does not hold. A checkpoint only ever passes what is durable, so one behind
 * the end, or anywhere in another history, tells of events which had been acknowledged and are not here. Safe beside a
 * process that writes.
 */
export async function lossOf(
  readBy: ReadBy,
  store: Pick<EventStore, 'epoch' | 'head'>,
): Promise<Loss | undefined> {
  const known = await readBy.settings.get(HISTORY);
  if (known === undefined) return undefined;
  // Checkpoints first: the history may grow between the two questions, and whoever reads it with it.
  const consumers = await readBy.consumers.all();
  const head = await store.head();
  const another = known !== store.epoch;
  const held = another ? 0n : head;
  const readers = consumers
    .flatMap(({ consumer, checkpoint = 0n }) => (checkpoint > held ? [{ consumer, checkpoint }] : []))
    .sort((a, b) => (a.checkpoint === b.checkpoint ? 0 : a.checkpoint > b.checkpoint ? -1 : 1));
  return readers.length === 0 ? undefined : { head, another, readers };
}

/** One that is divided into parts is one, as far as the furthest of them: whoever looks after it knows it by its name. */
function byConsumer(readers: readonly Reader[]): readonly Reader[] {
  const furthest = new Map<string, Reader>();
  for (const { consumer: part, checkpoint } of readers) {
    const [consumer = part] = part.split('#');
    if (!furthest.has(consumer)) furthest.set(consumer, { consumer, checkpoint });
  }
  return [...furthest.values()];
}

/** So many of them are named in a message. */
const NAMED = 5;

/** What an operator has to know of it, as one sentence. @param views what holds what was made of the history that was read */
export function told({ head, another, readers }: Loss, views = 'views.db'): string {
  const whole = byConsumer(readers);
  const named = whole.slice(0, NAMED).map(({ consumer, checkpoint }) => `${consumer} (${checkpoint})`);
  const others = whole.length > NAMED ? ` and ${whole.length - NAMED} others` : '';
  const what = another
    ? `the history ends at position ${head} and is another than the one that was read by`
    : `the history ends at position ${head} and was read further by`;
  const so = another
    ? `events.db and ${views} are of two histories, and one of them does not belong here`
    : 'events that had been acknowledged are missing';
  return `${what} ${named.join(', ')}${others}: ${so}`;
}
