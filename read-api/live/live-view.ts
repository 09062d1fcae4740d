import { BEGINNING, type Position } from '#domain/kernel/envelope.ts';
import { idOf } from '#domain/kernel/ids.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { Behind, NotFound, Overloaded, RejectedError, Unavailable } from '#domain/kernel/rejections.ts';
import type { StreamDeclaration } from '#domain/kernel/stream.ts';
import type { View } from '#projections/view.ts';
import type { Interval, Source } from '../feeds/source.ts';
import type { ReadLimits } from '../limits.ts';
import { type Folded, type FoldedOptions, folded, type Watcher } from './folded.ts';
import { startTail, type Tail } from './tail.ts';

/** A document as it was at `position`. */
export interface LiveItem extends Interval {
  readonly document: object;
}

/** The documents of a view that somebody follows in this process, each folded once for all who follow it. */
export interface LiveView {
  /**
   * The states behind `after`: at first the document as it is, then each that follows; a reader that is slow gets the newest and
   * the interval of all it missed. @throws RejectedError with `not_found`, `behind`, `overloaded` or `parked`
   */
  follow(
    id: string,
    from: { readonly after: Position | undefined; readonly atLeast: Position | undefined },
  ): Promise<Source<LiveItem>>;
  /** How many are folded now. */
  readonly size: number;
}

/** A view whose documents can be followed: each is made by the events of one stream, which is named by its id. */
export interface Followed {
  readonly view: View;
  /** The streams of its documents. */
  readonly stream: Pick<StreamDeclaration, 'category' | 'prefix'>;
}

interface Options extends Followed, Omit<FoldedOptions, 'streamOf' | 'limits'> {
  readonly feed: EventFeed;
  readonly clock: Clock;
  readonly limits: ReadLimits;
}

/** The documents of one view that somebody follows. */
interface FollowedDocuments {
  readonly followed: ReadonlyMap<string, Folded>;
  /** @throws RejectedError with `overloaded` */
  follow(id: string): Folded;
  /** One follower has left it. */
  leave(each: Folded): void;
}

function followedDocuments(
  limits: ReadLimits,
  make: (id: string, onFailure: () => void) => Folded,
): FollowedDocuments {
  const followed = new Map<string, Folded>();
  /** As they were when their last follower left, the longest ago first: whoever comes back needs only what came since. */
  const left = new Map<string, Folded>();

  function made(id: string): Folded {
    const each: Folded = make(id, () => {
      // Whoever comes next begins anew; those who follow now are told and come back with their cursor.
      if (followed.get(id) === each) followed.delete(id);
    });
    return each;
  }

  function keep(each: Folded): void {
    if (each.isReading || each.document === undefined) return;
    each.setAside();
    left.set(each.id, each);
    const [longest] = left.keys();
    if (left.size > limits.leftDocuments && longest !== undefined) left.delete(longest);
  }

  return {
    followed,
    follow(id) {
      const known = followed.get(id);
      if (known !== undefined) return known;
      if (followed.size >= limits.liveDocuments) throw new RejectedError(Overloaded({ retryAfterMs: 5_000 }));
      const each = left.get(id) ?? made(id);
      left.delete(id);
      followed.set(id, each);
      return each;
    },
    leave(each) {
      if (each.watchers.size > 0 || followed.get(each.id) !== each) return;
      followed.delete(each.id);
      keep(each);
    },
  };
}

export function liveView(options: Options): LiveView {
  const { view, stream, store, feed, clock, logger, limits } = options;
  const { prefix } = stream;
  const types = new Set(view.events.map(({ type }) => type));
  const foldedOptions = { ...options, streamOf: (id: string) => prefix + id };
  const documents = followedDocuments(limits, (id, onFailure) => folded(id, foldedOptions, types, onFailure));
  const { followed } = documents;
  let tail: Tail | undefined;

  const start = (): Tail =>
    startTail({
      ...{ feed, store, clock, prefix },
      told: (event) => followed.get(idOf(event.stream))?.told(event),
      ended(stopped, error) {
        if (error !== undefined)
          logger.warn({ err: error, view: view.name }, 'the tail of a live view ended');
        if (tail !== stopped) return;
        tail = undefined;
        for (const each of [...followed.values()])
          each.fail(new RejectedError(Unavailable({ retryAfterMs: 1_000 })));
      },
    });

  function leave(each: Folded, watcher: Watcher): void {
    each.watchers.delete(watcher);
    documents.leave(each);
    if (followed.size > 0) return;
    tail?.stop();
    tail = undefined;
  }

  return {
    get size() {
      return followed.size;
    },
    async follow(id, { after = BEGINNING, atLeast = BEGINNING }) {
      const each = documents.follow(id);
      const source = sourceOf(each, after, leave);
      tail ??= start();
      const following = tail;
      try {
        await following.begun;
        await each.current();
        if (each.failed !== undefined) throw each.failed;
        if (!(await following.reached(atLeast, limits.feedBehindMs)))
          throw new RejectedError(Behind({ view: view.name, retryAfterMs: 1_000 }));
        if (each.document === undefined)
          throw new RejectedError(NotFound({ what: `${stream.category} ${id}` }));
      } catch (error) {
        source.close();
        throw error;
      }
      return source;
    },
  };
}

/** What one follower is told of a document; it follows from now on, and `leave` is called when it ends. */
function sourceOf(
  each: Folded,
  after: Position,
  leave: (each: Folded, watcher: Watcher) => void,
): Source<LiveItem> {
  let at = after;
  let isOpen = true;
  let wakeUp: (() => void) | undefined;
  const watcher: Watcher = {
    wake() {
      wakeUp?.();
      wakeUp = undefined;
    },
  };
  each.watchers.add(watcher);
  return {
    async next() {
      while (isOpen) {
        if (each.failed !== undefined) throw each.failed;
        const { document, position } = each;
        if (!each.isReading && document !== undefined && position > at) {
          const item = { after: at, position, document };
          at = position;
          return item;
        }
        await new Promise<void>((resolve) => {
          wakeUp = resolve;
        });
      }
      return undefined;
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      leave(each, watcher);
      watcher.wake();
    },
  };
}
