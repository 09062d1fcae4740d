import type { AnyDecider } from '#domain/kernel/decider.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { advance, emptyHead, type Head } from './head.ts';
import type { PipelineLimits } from './limits.ts';
import type { SeenKeys } from './seen-keys.ts';
import type { Snapshots } from './snapshots.ts';

/** The heads of streams that were needed last, each as far as it is durable. */
export interface Heads {
  /** What is known without asking the store; may be behind what another process has written. */
  cached(stream: string): Head | undefined;
  /**
   * The stream read to its end, as of a moment after this call. Calls that come while one waits share it.
   *
   * @throws StoreError; NewerEventError or whatever a fold throws
   */
  refresh(stream: string, decider: AnyDecider): Promise<Head>;
  keep(head: Head): void;
  drop(stream: string): void;
  size(): { readonly streams: number; readonly commands: number };
}

type HeadLimits = Pick<
  PipelineLimits,
  | 'cachedStreams'
  | 'cachedCommands'
  | 'rememberedCommandsPerStream'
  | 'keyLifeMs'
  | 'keysPerPerson'
  | 'pageEvents'
>;

interface Options {
  readonly store: Pick<EventStore, 'readStream'>;
  readonly registry: Registry;
  readonly snapshots: Snapshots;
  /** Told of the keys that streams remember which are read anew. */
  readonly seen?: SeenKeys;
  readonly limits: HeadLimits;
}

/** What is in memory; who was not needed for longest gives way. */
function headCache(limits: HeadLimits): Omit<Heads, 'refresh'> {
  // In order of use, the one not needed for longest first.
  const cache = new Map<string, { readonly head: Head; readonly commands: number }>();
  let cachedCommands = 0;

  function drop(stream: string): void {
    const entry = cache.get(stream);
    if (entry === undefined) return;
    cachedCommands -= entry.commands;
    cache.delete(stream);
  }

  function keep(head: Head): void {
    drop(head.stream);
    cache.set(head.stream, { head, commands: head.commands.size });
    cachedCommands += head.commands.size;
    for (const stream of cache.keys()) {
      const fits = cache.size <= limits.cachedStreams && cachedCommands <= limits.cachedCommands;
      if (fits || stream === head.stream) break;
      drop(stream);
    }
  }

  return {
    cached(stream) {
      const head = cache.get(stream)?.head;
      if (head !== undefined) keep(head);
      return head;
    },
    keep,
    drop,
    size: () => ({ streams: cache.size, commands: cachedCommands }),
  };
}

/** What the store and the snapshots have of a stream. */
function headReader({ store, registry, snapshots, limits }: Options) {
  /** A snapshot with the keys beside it; those that are lost are in the events. */
  async function withKeys(head: Head): Promise<Head> {
    await snapshots.readKeys(head, async ({ first, last }) => {
      const end = Math.min(last, head.revision);
      for (let from = first; from <= end; ) {
        const limit = Math.min(limits.pageEvents, end - from + 1);
        const page = await store.readStream(head.stream, { from, limit });
        for (const event of page) head.commands.remember(registry.decode(event), limits);
        if (page.length < limit) return;
        from += limit;
      }
    });
    return head;
  }

  return {
    /** Where to begin: at a snapshot, if the history still has the very event it stands on. */
    async begin(stream: string, decider: AnyDecider): Promise<Head> {
      const snapshot = await snapshots.read(stream, decider);
      if (snapshot === undefined) return emptyHead(stream, decider);
      const [event] = await store.readStream(stream, { from: snapshot.revision, limit: 1 });
      return event?.eventId === snapshot.eventId ? withKeys(snapshot) : emptyHead(stream, decider);
    },
    async readBehind(head: Head): Promise<Head> {
      for (;;) {
        const from = head.revision + 1;
        const page = await store.readStream(head.stream, { from, limit: limits.pageEvents });
        advance(
          head,
          page.map((event) => registry.decode(event)),
          limits,
        );
        if (page.length < limits.pageEvents) return head;
      }
    },
  };
}

export function headsOf(options: Options): Heads {
  const cache = headCache(options.limits);
  const { begin, readBehind } = headReader(options);
  const reading = new Map<string, { readonly done: Promise<Head>; next: Promise<Head> | undefined }>();

  async function readToEnd(stream: string, decider: AnyDecider): Promise<Head> {
    try {
      const known = cache.cached(stream);
      const before = known?.revision ?? -1;
      const head = await readBehind(known ?? (await begin(stream, decider)));
      // What others have recorded since is read here as well.
      options.seen?.learn(stream, head.commands.fromOutside(before));
      cache.keep(head);
      return head;
    } catch (error) {
      // Perhaps half folded; the next one starts from what the store says.
      cache.drop(stream);
      throw error;
    }
  }

  function start(stream: string, decider: AnyDecider): Promise<Head> {
    const entry = { done: readToEnd(stream, decider), next: undefined };
    reading.set(stream, entry);
    const end = (): void => {
      if (reading.get(stream) === entry) reading.delete(stream);
    };
    entry.done.then(end, end);
    return entry.done;
  }

  return {
    ...cache,
    refresh(stream, decider) {
      const running = reading.get(stream);
      if (running === undefined) return start(stream, decider);
      // The one under way may have read its last page already: whoever comes now shares the next.
      const again = (): Promise<Head> => start(stream, decider);
      running.next ??= running.done.then(again, again);
      return running.next;
    },
  };
}
