import { BEGINNING, type Position, type StoredEvent } from '#domain/kernel/envelope.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Parked, RejectedError, Unavailable } from '#domain/kernel/rejections.ts';
import type { View } from '#projections/view.ts';
import type { HistoryReader } from '../history/reader.ts';

/** Whoever follows a document. */
export interface Watcher {
  wake(): void;
}

/** One document, folded from its own stream in the order of that. */
export interface Folded {
  readonly id: string;
  readonly watchers: Set<Watcher>;
  /** undefined: nothing has happened to it yet. */
  readonly document: object | undefined;
  /** Of the last event that changed it. */
  readonly position: Position;
  /** Whether it is being read: what it is then is not to be told. */
  readonly isReading: boolean;
  /** Why it can be followed no longer. */
  readonly failed: Error | undefined;
  /** What the tail of the history tells of its stream. */
  told(event: StoredEvent): void;
  /** Resolves when it holds its stream up to the end, or has failed. Read once, unless it was set aside in between. */
  current(): Promise<void>;
  /** Nobody follows it, and the tail tells it no more: whoever comes back needs what has come since. */
  setAside(): void;
  fail(error: Error): void;
}

export interface FoldedOptions {
  readonly view: View;
  /** The stream of a document; its fold is given no other. */
  readonly streamOf: (id: string) => string;
  readonly registry: Registry;
  readonly store: HistoryReader;
  readonly logger: Log;
  readonly limits: { readonly streamPageEvents: number };
}

/** @param types of the events that the view folds @param onFailure called once */
export function folded(
  id: string,
  { view, streamOf, registry, store, logger, limits }: FoldedOptions,
  types: ReadonlySet<string>,
  onFailure: () => void,
): Folded {
  const watchers = new Set<Watcher>();
  let document: object | undefined;
  let position = BEGINNING;
  /** Of the last event folded; -1 before the first. */
  let revision = -1;
  /** The last revision that the tail has told of. */
  let toldOf = -1;
  let context: Promise<void> | undefined;
  let isCurrent = false;
  let failed: Error | undefined;

  const wakeAll = (): void => {
    for (const watcher of watchers) watcher.wake();
  };

  function fail(error: Error): void {
    if (failed !== undefined) return;
    failed = error;
    onFailure();
    wakeAll();
  }

  function apply(stored: StoredEvent): void {
    if (stored.revision !== revision + 1) return;
    if (types.has(stored.type)) {
      try {
        document = view.fold(document, registry.decode(stored), id);
      } catch (error) {
        logger.error({ err: error, stream: stored.stream, revision: stored.revision }, 'a live fold failed');
        fail(new RejectedError(Parked({ view: view.name, key: id })));
        return;
      }
      position = stored.position;
    }
    revision = stored.revision;
  }

  /** Reads what the fold lacks of the stream, until it holds all that the tail has told of. */
  async function read(): Promise<void> {
    const limit = limits.streamPageEvents;
    for (;;) {
      const page = await store.readStream(streamOf(id), { from: revision + 1, limit });
      for (const event of page) apply(event);
      if (failed !== undefined) return;
      if (page.length === limit) continue;
      if (toldOf <= revision) return;
      // What the tail has told of is durable; a store that does not have it is behind itself.
      if (page.length === 0) throw new RejectedError(Unavailable({ retryAfterMs: 1_000 }));
    }
  }

  function catchUp(): Promise<void> {
    context ??= read()
      .catch(fail)
      .finally(() => {
        context = undefined;
        isCurrent = true;
        // What the tail told of after the last look, and before this, was left to the reading.
        if (failed === undefined && toldOf > revision) void catchUp();
        else wakeAll();
      });
    return context;
  }

  return {
    id,
    watchers,
    get document() {
      return document;
    },
    get position() {
      return position;
    },
    get isReading() {
      return context !== undefined;
    },
    get failed() {
      return failed;
    },
    told(event) {
      if (event.revision <= revision) return;
      toldOf = event.revision;
      if (context !== undefined) return;
      apply(event);
      if (revision < event.revision) void catchUp();
      else wakeAll();
    },
    async current() {
      if (isCurrent) await context;
      else await catchUp();
    },
    setAside() {
      isCurrent = false;
    },
    fail,
  };
}
