import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Instant } from '#domain/kernel/instant.ts';
import type { CollectionSpec, DocumentStore, DocumentWrite } from '#domain/kernel/ports/document-store.ts';
import { sagaLimits } from './limits.ts';
import {
  isFinished,
  nextTimer,
  nothingOutstanding,
  type Outstanding,
  outstandingAfter,
  type StepData,
} from './outstanding.ts';

/** An instance that still has something to do or waits for something, as a restart finds it. */
export interface Unfinished extends Outstanding {
  readonly stream: string;
  readonly saga: string;
  readonly instance: string;
}

/** A document for each unfinished instance. Lost with the read store, it is filled again from the sagas' streams. */
export const unfinishedSagas: CollectionSpec = {
  name: 'unfinished-sagas',
  indexes: [{ name: 'next', fields: [{ path: 'next', as: 'text' }] }],
  text: [],
};

type SteppedEvent = RecordedEvent<'SagaStepped', StepData>;
type Documents = Pick<DocumentStore, 'get' | 'scan' | 'find'>;

const bodyOf = ({ saga, instance, pending, timers, done }: Unfinished): JsonObject => ({
  saga,
  instance,
  pending,
  timers,
  done,
  // Text that no moment is smaller than, so that the index orders those that wait for no timer first.
  next: nextTimer({ pending, timers, done })?.at ?? '',
});

/** The shape is this file's own: {@link bodyOf} wrote it into a collection that nobody else writes. */
const unfinishedOf = (stream: string, body: JsonObject): Unfinished =>
  ({ ...body, stream }) as unknown as Unfinished;

/** Folds steps into the collection: what to write, and how each of their instances stands behind the batch. */
export async function foldSteps(
  documents: Documents,
  events: readonly RecordedEvent[],
): Promise<{
  readonly writes: readonly DocumentWrite[];
  readonly standing: ReadonlyMap<string, Outstanding>;
}> {
  const streams = [...new Set(events.map(({ stream }) => stream))];
  const before = await documents.get(unfinishedSagas.name, streams);
  const standing = new Map<string, Outstanding>();
  const writes = new Map<string, DocumentWrite>();
  for (const event of events as readonly SteppedEvent[]) {
    const { stream, position, data } = event;
    const known = before.get(stream);
    const body = known?.body ?? undefined;
    const earlier = standing.get(stream) ?? (body && unfinishedOf(stream, body)) ?? nothingOutstanding;
    if (known !== undefined && known.position >= position) {
      standing.set(stream, earlier);
      continue;
    }
    const after = outstandingAfter(earlier, data);
    standing.set(stream, after);
    writes.set(stream, {
      collection: unfinishedSagas.name,
      id: stream,
      key: stream,
      position,
      body: isFinished(after) ? null : bodyOf({ ...after, stream, saga: data.saga, instance: data.instance }),
    });
  }
  return { writes: [...writes.values()], standing };
}

/** Every unfinished instance, page by page. */
export async function* allUnfinished(documents: Documents): AsyncGenerator<Unfinished> {
  for (let after: string | undefined; ; ) {
    const page = await documents.scan(unfinishedSagas.name, after, sagaLimits.pageDocuments);
    for (const { id, body } of page) if (body !== null) yield unfinishedOf(id, body);
    after = page.at(-1)?.id;
    if (page.length < sagaLimits.pageDocuments) return;
  }
}

/** The instances whose next timer is at or behind `from`, the earliest first. */
export async function* byNextTimer(documents: Documents, from: Instant): AsyncGenerator<Unfinished> {
  for (let after: string | undefined; ; ) {
    const page = await documents.find(unfinishedSagas.name, {
      filter: { next: { $gte: from } },
      sort: [{ field: 'next', direction: 'ascending' }],
      limit: sagaLimits.pageDocuments,
      ...(after === undefined ? {} : { after }),
    });
    for (const { id, document } of page.items) yield unfinishedOf(id, document);
    after = page.items.at(-1)?.cursor;
    if (!page.more) return;
  }
}
