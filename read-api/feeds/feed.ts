import type { Position } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import {
  OtherHistory,
  RejectedError,
  SlowConsumer,
  Unauthenticated,
  Unavailable,
} from '#domain/kernel/rejections.ts';
import { readToken, tokenOf } from '#domain/kernel/token.ts';
import type { QueryServices } from '../resolver-context.ts';
import type { Viewer } from '../viewer.ts';
import type { Interval, Source } from './source.ts';

/** An item on its way out: its interval as cursors. */
export type Outgoing<Item> = Omit<Item, keyof Interval> & { after: string; position: string };

const outgoingItem = <Item extends Interval>(item: Item, epoch: string): Outgoing<Item> => ({
  ...item,
  after: tokenOf(epoch, item.after),
  position: tokenOf(epoch, item.position),
});

export type FeedServices = Pick<
  QueryServices,
  'clock' | 'businessClock' | 'revocations' | 'closing' | 'limits' | 'feeds'
> & {
  readonly store: Pick<QueryServices['store'], 'epoch'>;
};

/**
 * The position of a cursor; undefined when none was given. Whoever holds a cursor was told of something durable: a history
 * that does not reach it has lost that, and what comes at those positions next would be another thing.
 * @throws RejectedError as `readToken`, and with `other_history` for a place behind the end
 */
export async function cursorPosition(
  { store }: { readonly store: Pick<QueryServices['store'], 'epoch' | 'head'> },
  cursor: string | undefined,
): Promise<Position | undefined> {
  if (cursor === undefined) return undefined;
  const position = readToken(store.epoch, cursor);
  if (position > (await store.head())) throw new RejectedError(OtherHistory({}));
  return position;
}

/** Calls back when a viewer's token is none any more, perhaps at once; the result ends the wait. */
function atTokenEnd(
  { actor, expiresAt, token }: Viewer,
  { businessClock, revocations }: Pick<FeedServices, 'businessClock' | 'revocations'>,
  ended: () => void,
): () => void {
  if (actor === undefined || expiresAt === undefined) return () => undefined;
  let isOver = false;
  const unwatch = revocations.watch({ actor, token }, () => {
    isOver = true;
    ended();
  });
  if (isOver) return unwatch;
  const cancel = businessClock.at(expiresAt, ended);
  return () => {
    cancel();
    unwatch();
  };
}

/**
 * A feed as a transport reads it. A reader that does not come back for the next item in time is cut off: the last answer
 * is the rejection `slow_consumer` with the cursor from which it goes on. Closing the server ends it with `unavailable`, the
 * end of its reader's token, by its time or because it was revoked, with `unauthenticated`.
 */
export function outgoing<Item extends Interval>(
  services: FeedServices,
  viewer: Viewer,
  start: Position,
  source: Source<Item>,
): AsyncIterableIterator<Outgoing<Item>> {
  const { clock, closing, limits, feeds, store } = services;
  let ended: { readonly rejection: Rejection | undefined } | undefined;
  let reached = start;
  let cancelStall = (): void => undefined;
  let unwatch = (): void => undefined;
  const leave = feeds.enter(viewer);

  function end(rejection?: Rejection): void {
    if (ended !== undefined) return;
    ended = { rejection };
    cancelStall();
    unwatch();
    closing.removeEventListener('abort', onClosing);
    leave();
    source.close();
  }
  const onClosing = (): void => end(Unavailable({ retryAfterMs: 1_000 }));
  if (closing.aborted) onClosing();
  else closing.addEventListener('abort', onClosing);
  if (ended === undefined) unwatch = atTokenEnd(viewer, services, () => end(Unauthenticated({})));

  /** What is left to say after the end: the reason, once. */
  function last(): IteratorResult<Outgoing<Item>> {
    const reason = ended?.rejection;
    ended = { rejection: undefined };
    if (reason !== undefined) throw new RejectedError(reason);
    return { done: true, value: undefined };
  }

  async function next(): Promise<IteratorResult<Outgoing<Item>>> {
    cancelStall();
    if (ended !== undefined) return last();
    try {
      const item = await source.next();
      // The feed may have been closed while it waited.
      if (item === undefined || ended !== undefined) {
        end();
        return last();
      }
      reached = item.position;
      cancelStall = clock.at(later(clock.now(), limits.feedStallMs), () =>
        end(SlowConsumer({ cursor: tokenOf(store.epoch, reached) })),
      );
      return { done: false, value: outgoingItem(item, store.epoch) };
    } catch (error) {
      end();
      throw error;
    }
  }

  async function stop(): Promise<IteratorResult<Outgoing<Item>>> {
    end();
    return { done: true, value: undefined };
  }

  const feed: AsyncIterableIterator<Outgoing<Item>> = {
    next,
    return: stop,
    throw: stop,
    [Symbol.asyncIterator]: () => feed,
  };
  return feed;
}
