import type { JsonObject } from '#domain/kernel/canonical.ts';
import { BEGINNING, type Position, type RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Handled, Handler } from '#domain/kernel/ports/consumer.ts';
import type { DocumentStore, DocumentWrite, StoredDocument } from '#domain/kernel/ports/document-store.ts';
import { decode, encodeAndDecode } from '#domain/zod/encoding.ts';
import { asError } from '#runtime/reason.ts';
import type { View } from '../view.ts';
import { type Build, collectionOf, consumerOf } from './builds.ts';

/** Documents kept decoded for the next batch, of each view. */
const REMEMBERED_DOCUMENTS = 10_000;

/** A document as the folds see it, and the last event that wrote it. */
interface Held {
  readonly document: object | undefined;
  readonly position: Position;
}

/** What a batch has changed so far, by id. */
type Folding = Map<string, Held & { readonly key: string }>;

/**
 * A build of a view on the consumer loop: folds a batch in memory and hands on each changed document once. A fold that
 * throws fails its key with what the events before it made.
 */
export function viewHandler(view: View, build: Build, documents: Pick<DocumentStore, 'get'>): Handler {
  const collection = collectionOf(view.name, build);
  const remembered = new Map<string, Held>();
  /** What is not remembered is not there. */
  let isWhole = false;

  /** Of its own for each batch: what is remembered may be forgotten while the rest is read. */
  const load = async (events: readonly RecordedEvent[]): Promise<ReadonlyMap<string, Held | Error>> => {
    const known = new Map<string, Held | Error>();
    const missing: string[] = [];
    for (const id of idsOf(view, events)) {
      const held = remembered.get(id);
      if (held !== undefined) known.set(id, held);
      else if (isWhole) known.set(id, heldOf(view, undefined));
      else missing.push(id);
    }
    for (let from = 0; from < missing.length; from += IDS_PER_GET) {
      const page = missing.slice(from, from + IDS_PER_GET);
      const found = await documents.get(collection, page);
      for (const id of page) known.set(id, heldOf(view, found.get(id)));
    }
    return known;
  };

  return {
    name: consumerOf(view.name, build),
    filter: { types: view.events.map((event) => event.type) },
    key: (event) => view.key(event),
    forget(isFresh) {
      remembered.clear();
      isWhole = isFresh;
    },
    async handle(events) {
      const batch = { view, events, known: await load(events), collection };
      // Encoding every document once is enough, unless one cannot be: then it is done after each fold, to find its event.
      const { folding, writes, failures } = foldBatch(batch, false) ?? foldBatch(batch, true) ?? nothing;
      if (remember(remembered, folding) > 0) isWhole = false;
      return { writes, failures };
    },
  };
}

const IDS_PER_GET = 500;

/** An event whose documents cannot be told has none here: its fold fails for the same reason. */
function idsOf(view: View, events: readonly RecordedEvent[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const event of events) {
    const named = attempt(() => view.documents(event));
    if (!(named instanceof Error)) for (const id of named) ids.add(id);
  }
  return ids;
}

function heldOf(view: View, stored: StoredDocument | undefined): Held | Error {
  const body = stored?.body ?? undefined;
  return attempt(() => ({
    document: body === undefined ? undefined : decode(view.schema, body),
    position: stored?.position ?? BEGINNING,
  }));
}

interface Batch {
  readonly view: View;
  readonly events: readonly RecordedEvent[];
  /** Every document the events may change, as it was before them; an error: it cannot be read. */
  readonly known: ReadonlyMap<string, Held | Error>;
  readonly collection: string;
}
type Folded = Handled & { readonly folding: Folding };
const nothing: Folded = { folding: new Map(), writes: [], failures: [] };

/** Undefined: a document that came out cannot be encoded, and `encodeEach` would tell of which event. */
function foldBatch(batch: Batch, encodeEach: boolean): Folded | undefined {
  const { view, events, collection } = batch;
  const folding: Folding = new Map();
  const failures = new Map<string, Handled['failures'][number]>();
  for (const event of events) {
    const key = view.key(event);
    if (failures.has(key)) continue;
    const error = attempt(() => foldEvent(batch, event, key, folding, encodeEach));
    if (error instanceof Error) failures.set(key, { key, event, error });
  }
  const writes = attempt(() => writesOf(view, collection, folding));
  if (writes instanceof Error) return undefined;
  return { folding, writes, failures: [...failures.values()] };
}

/** All documents of the event or, when one fold or one encoding throws, none of them. */
function foldEvent(
  { view, known }: Batch,
  event: RecordedEvent,
  key: string,
  folding: Folding,
  encode: boolean,
): void {
  const changes: [string, Held & { readonly key: string }][] = [];
  for (const id of view.documents(event)) {
    const before = folding.get(id) ?? known.get(id);
    if (before instanceof Error) throw before;
    // It was written by this event or a later one already: this is a repeat.
    if (before !== undefined && before.position >= event.position) continue;
    const document = view.fold(before?.document, event, id);
    if (document === before?.document) continue;
    if (encode && document !== undefined) encodeAndDecode(view.schema, document);
    changes.push([id, { document, position: event.position, key }]);
  }
  for (const [id, held] of changes) folding.set(id, held);
}

function writesOf(view: View, collection: string, folding: Folding): DocumentWrite[] {
  return [...folding].map(([id, { document, position, key }]) => {
    const body = document === undefined ? null : (encodeAndDecode(view.schema, document).json as JsonObject);
    return { collection, id, key, position, body };
  });
}

/** The oldest are forgotten first; a document that changes is the newest again. Answers how many have been forgotten. */
function remember(remembered: Map<string, Held>, folding: Folding): number {
  let forgotten = 0;
  for (const [id, { document, position }] of folding) {
    remembered.delete(id);
    remembered.set(id, { document, position });
  }
  for (const id of remembered.keys()) {
    if (remembered.size <= REMEMBERED_DOCUMENTS) break;
    remembered.delete(id);
    forgotten += 1;
  }
  return forgotten;
}

function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return asError(error);
  }
}
