import type { Position } from '#domain/kernel/envelope.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';

const HISTORY = 'history';

/**
 * Makes sure the read store belongs to this history, before anything is read from it: one of another history is emptied,
 * checkpoints and all, because positions mean nothing there. Answers whether it was.
 */
export async function belongTo(readStore: ReadStore, epoch: string): Promise<boolean> {
  const known = await readStore.setting(HISTORY);
  if (known === epoch) return false;
  if (known !== undefined) await readStore.reset();
  await readStore.putSetting(HISTORY, epoch);
  return known !== undefined;
}

/** A view, reaction or saga that has read what the history does not hold any more. */
export interface Ahead {
  readonly consumer: string;
  readonly checkpoint: Position;
}

/** That a history is shorter than what was read of it, and by whom. */
export interface Shortened {
  /** Where the history ends. */
  readonly head: Position;
  /** Whoever has read further, the furthest first; at least one. */
  readonly ahead: readonly Ahead[];
}

/**
 * Whether somebody has read more of this history than there is. A checkpoint only ever passes what is durable, so a
 * history that ends before one has lost events which had been acknowledged. Safe beside a process that writes.
 */
export async function shortened(
  readStore: Pick<ReadStore, 'setting' | 'consumers'>,
  store: Pick<EventStore, 'epoch' | 'head'>,
): Promise<Shortened | undefined> {
  if ((await readStore.setting(HISTORY)) !== store.epoch) return undefined;
  // Checkpoints first: the history may grow between the two questions, and whoever reads it with it.
  const consumers = await readStore.consumers();
  const head = await store.head();
  const ahead = consumers
    .flatMap(({ consumer, checkpoint = 0n }) => (checkpoint > head ? [{ consumer, checkpoint }] : []))
    .sort((a, b) => (a.checkpoint === b.checkpoint ? 0 : a.checkpoint > b.checkpoint ? -1 : 1));
  return ahead.length === 0 ? undefined : { head, ahead };
}

/** So many of them are named in a message. */
const NAMED = 5;

/** What an operator has to know of it, as one sentence. */
export function told({ head, ahead }: Shortened): string {
  const named = ahead.slice(0, NAMED).map(({ consumer, checkpoint }) => `${consumer} (${checkpoint})`);
  const others = ahead.length > NAMED ? ` and ${ahead.length - NAMED} others` : '';
  return `the history ends at position ${head} and was read further by ${named.join(', ')}${others}: events that had been acknowledged are missing`;
}
