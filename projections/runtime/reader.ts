import type { JsonObject } from '#domain/kernel/canonical.ts';
import { BEGINNING, type Position } from '#domain/kernel/envelope.ts';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import { type Consumer, isUnkeyed } from '#domain/kernel/ports/consumer.ts';
import { NoSuchCollectionError } from '#domain/kernel/ports/document-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Filter, Page, Query } from '#domain/kernel/ports/query.ts';
import type { ViewReader } from '#domain/kernel/ports/views.ts';
import { Behind, Parked, RejectedError } from '#domain/kernel/rejections.ts';
import { decode, safeDecode } from '#domain/zod/encoding.ts';
import { pause } from '#runtime/pause.ts';
import type { View } from '../view.ts';
import { type Build, buildsOf, collectionOf, consumerOf, type ViewStores } from './builds.ts';
import { watchBuilds } from './watch.ts';

export interface ViewReaderOptions {
  readonly views: readonly View[];
  readonly readStore: ViewStores;
  readonly clock: Clock;
  /** How long a read waits for its position, in milliseconds. Default 5,000. */
  readonly waitMs?: number;
  /**
   * The consumer by name, when this process runs it: it tells at once what others have to look for. A process that runs none has one
   * look at the store for all who wait.
   */
  readonly running?: (consumer: string) => Consumer | undefined;
}

/** Between two looks at a view whose consumer of this process has not come far enough, in milliseconds. */
const POLL_MS = 20;
/** How long a reader trusts its own process's consumer before it looks again which build is live, in milliseconds. */
const LOOK_AGAIN_MS = 250;
const RETRY_AFTER_MS = 500;
/** Parked keys of a view in one answer. */
const MOST_PARKED = 100;
/** A build may be replaced and dropped between two steps of a read, but not time after time. */
const MOST_TRIES = 5;

/** What every document of a list has in a field, by field. */
const namesIn = (filter: Filter = {}): readonly (readonly [field: string, name: string])[] =>
  Object.entries(filter).filter((entry): entry is [string, string] => typeof entry[1] === 'string');

/** Whether a list may hold a document of a key. Of an event that could not be read the key is not even known. */
const mayHold = ({ keysBy }: View, query: Query, key: string): boolean =>
  isUnkeyed(key) ||
  namesIn(query.filter).every(([field, name]) => key.startsWith(keysBy[field]?.(name) ?? ''));

const behind = (view: string): RejectedError =>
  new RejectedError(Behind({ view, retryAfterMs: RETRY_AFTER_MS }));

function documentOf(view: View, build: Build, body: JsonObject): object {
  if (build.version === view.version) return decode(view.schema, body);
  const read = safeDecode(view.schema, body);
  if (!read.success) throw behind(view.name);
  return read.data;
}

/** The parked key that a list is about: it holds a document of it, or asks for it by name. */
function parkedKeyOf(
  query: Query,
  shown: ReadonlyMap<string, { readonly key: string }>,
  parked: readonly string[],
): string | undefined {
  const keys = new Set([...shown.values()].map(({ key }) => key));
  const names = namesIn(query.filter);
  // A key is what is asked for, or a stream that is named after it: `wallet-ann:USD`.
  const isAskedFor = (key: string): boolean =>
    names.some(([, name]) => key === name || key.endsWith(`-${name}`));
  return parked.find((key) => keys.has(key) || isAskedFor(key));
}

/** The views, which build of each is live, and how far that has come. */
function liveBuilds(options: ViewReaderOptions) {
  const { clock, waitMs = 5_000, running = () => undefined } = options;
  const { consumers, settings } = options.readStore;
  const watch = watchBuilds({ consumers, settings, clock });
  const views = new Map(options.views.map((view) => [view.name, view]));

  const viewOf = (name: string): View => {
    const view = views.get(name);
    if (view === undefined) throw new TypeError(`there is no view ${name}`);
    return view;
  };
  const liveOf = async (name: string): Promise<Build | undefined> => (await buildsOf(settings, name)).live;
  const reachedBy = async (view: string, build: Build | undefined): Promise<Position> =>
    build === undefined ? BEGINNING : ((await consumers.checkpoint(consumerOf(view, build))) ?? BEGINNING);

  /** The consumer of this process that advances the build; one that waits for another owner's lease does not. */
  const runningHere = (name: string, build: Build): Consumer | undefined => {
    const consumer = running(consumerOf(name, build));
    return consumer?.status().state === 'waiting-for-lease' ? undefined : consumer;
  };

  /** The build that is live once it has reached the position, where it is advanced here; undefined: elsewhere, or not in time. */
  const readyHere = async (name: string, position: Position, untilMs: number): Promise<Build | undefined> => {
    for (;;) {
      const build = await liveOf(name);
      const consumer = build && runningHere(name, build);
      if (build === undefined || consumer === undefined) return undefined;
      if ((await reachedBy(name, build)) >= position) return build;
      if (millisecondsOf(clock.now()) >= untilMs) return undefined;
      if (!(await consumer.reached(position, LOOK_AGAIN_MS)))
        await pause(clock, POLL_MS, new AbortController().signal);
    }
  };

  /** The build that is live once it has reached the position. @throws RejectedError with `behind` */
  const ready = async (name: string, position = BEGINNING): Promise<Build> => {
    const untilMs = millisecondsOf(clock.now()) + waitMs;
    const here = options.running && (await readyHere(name, position, untilMs));
    if (here !== undefined) return here;
    const restMs = Math.max(0, untilMs - millisecondsOf(clock.now()));
    const build = await watch.reached(name, position, restMs);
    if (build === undefined) throw behind(name);
    return build;
  };

  /** Reads the live build; when it was dropped meanwhile, the one that is live then. */
  const read = async <T>(
    name: string,
    position: Position | undefined,
    work: (view: View, build: Build) => Promise<T>,
  ): Promise<T> => {
    const view = viewOf(name);
    for (let tries = 1; ; tries++) {
      const build = await ready(name, position);
      try {
        return await work(view, build);
      } catch (error) {
        if (!(error instanceof NoSuchCollectionError)) throw error;
        watch.forget(name);
        if (tries === MOST_TRIES) throw behind(name);
      }
    }
  };

  return { viewOf, liveOf, reachedBy, read };
}

/**
 * Reads the live build of each view, in any process that has the read store. After a new version of a view was started,
 * the documents of the old one are served as they are until the new one has caught up: they stand still, `reached` says
 * where, and a document that the new schema cannot read answers `behind`. A parked key is refused by `get`, and by `find` where the
 * page holds a document of it or the filter asks for it by name. A list that may hold something of another parked key says so.
 */
export function viewReader(options: ViewReaderOptions): ViewReader {
  const { documents, consumers } = options.readStore;
  const { viewOf, liveOf, reachedBy, read } = liveBuilds(options);

  const parkedIn = async (view: string, build: Build): Promise<readonly string[]> =>
    (await consumers.parked(consumerOf(view, build))).map(({ key }) => key);

  /** @throws RejectedError with `parked` when a list is about one of these keys */
  const refuseParked = async (
    view: View,
    build: Build,
    query: Query,
    page: Page<JsonObject>,
    parked: readonly string[],
  ): Promise<void> => {
    if (parked.length === 0) return;
    const ids = page.items.map(({ id }) => id);
    const shown = await documents.get(collectionOf(view.name, build), ids);
    const key = parkedKeyOf(query, shown, parked);
    if (key !== undefined) throw new RejectedError(Parked({ view: view.name, key }));
  };

  return {
    get: (name, id, at) =>
      read(name, at?.position, async (view, build) => {
        const stored = (await documents.get(collectionOf(name, build), [id])).get(id);
        const key = stored?.key ?? id;
        if (await consumers.isParked(consumerOf(name, build), key))
          throw new RejectedError(Parked({ view: name, key }));
        // Whatever waits may be what would have made it.
        if (stored === undefined && !view.namedByKey && (await parkedIn(name, build)).length > 0)
          throw new RejectedError(Parked({ view: name }));
        return stored?.body ? documentOf(view, build, stored.body) : undefined;
      }),
    find: (name, query, at) =>
      read(name, at?.position, async (view, build) => {
        // Asked first: what the view holds up to the position is on the page, or was parked before.
        const parked = await parkedIn(name, build);
        const page = await documents.find(collectionOf(name, build), query);
        await refuseParked(view, build, query, page, parked);
        const items = page.items.map(({ id, cursor, document }) => ({
          id,
          cursor,
          document: documentOf(view, build, document),
        }));
        return { items, more: page.more, mayMiss: parked.some((key) => mayHold(view, query, key)) };
      }),
    standing: () =>
      Promise.all(
        options.views.map(async ({ name }) => {
          const live = await liveOf(name);
          const parked = live === undefined ? [] : await consumers.parked(consumerOf(name, live));
          const position = await reachedBy(name, live);
          return { view: name, position, parkedKeys: parked.length, parked: parked.slice(0, MOST_PARKED) };
        }),
      ),
    async reached(name) {
      return reachedBy(viewOf(name).name, await liveOf(name));
    },
  };
}
