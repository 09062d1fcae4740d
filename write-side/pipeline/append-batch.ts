import type { RecordedEvent, StoredEvent } from '#domain/kernel/envelope.ts';
import { type AppendResult, type EventStore, StoreError } from '#domain/kernel/ports/event-store.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import type { PendingEvent } from './decide-batch.ts';
import type { PipelineLimits } from './limits.ts';
import type { Pause } from './pause.ts';

/** What became of an append, as far as can be learned. */
export type Appended =
  | { readonly status: 'recorded'; readonly events: readonly RecordedEvent[] }
  /** Somebody else wrote first; nothing of ours is there, and nothing will be. */
  | { readonly status: 'conflict' }
  /** Nothing was done, or nobody can say: `error` tells which. */
  | { readonly status: 'failed'; readonly error: unknown };

interface Appending {
  readonly store: Pick<EventStore, 'append' | 'readStream'>;
  readonly registry: Registry;
  readonly pause: Pause;
  readonly limits: Pick<PipelineLimits, 'settleAttempts'>;
}

const codeOf = (error: unknown): string =>
  // What is no StoreError has lost its way somewhere behind the call: nobody knows whether before or after the write.
  error instanceof StoreError ? error.code : 'unknown_outcome';

/**
 * Appends behind `revision` (-1: an empty stream) and settles what became of it: after an unknown outcome the stream is
 * read behind that revision and its ids compared with ours. The same append may be repeated, because at one exact
 * revision the same ids can be written only once.
 */
export async function appendBatch(
  { store, registry, pause, limits }: Appending,
  stream: string,
  revision: number,
  pending: readonly PendingEvent[],
): Promise<Appended> {
  const events = pending.map(({ toAppend }) => toAppend);

  /** Our own events as the history has them; `others` when it goes on differently, `nothing` when it does not go on. */
  async function readBack(): Promise<readonly RecordedEvent[] | 'others' | 'nothing'> {
    const found = await store.readStream(stream, { from: revision + 1, limit: events.length });
    if (found.length === 0) return 'nothing';
    // The payload, too: an id that another writer has made again must not pass its event off as ours.
    const isOurs = ({ eventId, metadata }: StoredEvent, at: number): boolean =>
      eventId === events[at]?.eventId && metadata.payload === events[at]?.metadata.payload;
    const ours = found.length === events.length && found.every(isOurs);
    return ours ? found.map((event) => registry.decode(event)) : 'others';
  }

  function recorded({ positions, recordedAt }: AppendResult & { status: 'appended' }) {
    if (positions === undefined || recordedAt === undefined) return undefined;
    return pending.map(({ toAppend, data, metadata }, at): RecordedEvent => {
      const position = positions[at];
      if (position === undefined) throw new RangeError('an append told fewer positions than it had events');
      const { eventId, type } = toAppend;
      return { eventId, type, stream, revision: revision + 1 + at, position, recordedAt, data, metadata };
    });
  }

  /** One try. `undefined`: still open. `doubt`: an earlier try may have been applied. */
  async function attempt(doubt: boolean): Promise<Appended | undefined> {
    if (doubt) {
      const found = await readBack();
      if (found === 'others') return { status: 'conflict' };
      if (found !== 'nothing') return { status: 'recorded', events: found };
    }
    const result = await store.append(stream, revision < 0 ? 'none' : revision, events);
    // In doubt, what stands in the way may be our own first try: the next reading tells.
    if (result.status === 'conflict') return doubt ? undefined : result;
    const known = recorded(result) ?? (await readBack());
    if (known === 'others') return { status: 'conflict' };
    return known === 'nothing' ? undefined : { status: 'recorded', events: known };
  }

  let error: unknown;
  let doubt = false;
  for (let tries = 0; tries < limits.settleAttempts; tries++) {
    if (tries > 0) await pause(tries);
    try {
      const appended = await attempt(doubt);
      if (appended !== undefined) return appended;
    } catch (thrown) {
      error = thrown;
      if (!doubt && codeOf(thrown) !== 'unknown_outcome') return { status: 'failed', error };
    }
    doubt = true;
  }
  error ??= new StoreError('unknown_outcome', `${stream} could not be settled`);
  return { status: 'failed', error };
}
