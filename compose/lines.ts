import { BEGINNING } from '#domain/kernel/envelope.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import type { Reaction } from '#domain/kernel/reaction.ts';
import { type Line, type KeptLine, keepLine } from '#domain/kernel/line.ts';
import { registry } from '#domain/registry.ts';
import { auctionReactions } from '#sagas/auctions.ts';
import { consumerOf } from '#sagas/runtime/reactions.ts';
import { walletReactions } from '#sagas/wallets.ts';

/** The lines of every line, in one process. */
export interface KeptLines {
  readonly lines: readonly KeptLine[];
  stop(): Promise<void>;
}

type Lined = Reaction & { readonly line: Line };
const lined = [...auctionReactions, ...walletReactions].filter(
  (reaction): reaction is Lined => reaction.line !== undefined,
);

/**
 * Follows the history for the lines, from where the safety net has followed every chain to its end: whoever was in line when
 * a process died is in line again. Ends with the feed.
 */
export function keepLines(options: {
  readonly feed: EventFeed;
  readonly readStore: Pick<ReadStore, 'checkpoint'>;
  readonly machineClock: Clock;
  readonly log: Log;
}): KeptLines {
  const { feed, readStore, machineClock, log } = options;
  const stopped = new AbortController();
  const { signal } = stopped;

  async function keep(reaction: Lined, lines: KeptLine): Promise<void> {
    const { joins, leaves } = reaction.line;
    const filter = { types: [joins, ...leaves].map(({ type }) => type) };
    try {
      const after = (await readStore.checkpoint(consumerOf(reaction))) ?? BEGINNING;
      for await (const { events, through } of feed.follow({ after, filter, signal }))
        lines.met(
          events.map((event) => registry.decode(event)),
          through,
        );
    } catch (error) {
      // Without it nobody is called any more: commands in turn are not answered, and the safety net says so.
      if (!signal.aborted) log.error({ reaction: reaction.name, err: error }, 'a line is kept no longer');
    }
  }

  const kept = lined.map((reaction) => ({ reaction, lines: keepLine(reaction.line, machineClock) }));
  const ended = Promise.all(kept.map(({ reaction, lines }) => keep(reaction, lines)));
  return {
    lines: kept.map(({ lines }) => lines),
    async stop() {
      stopped.abort();
      await ended;
    },
  };
}
