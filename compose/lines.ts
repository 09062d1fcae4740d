import { BEGINNING, type Position, type RecordedEvent, type StoredEvent } from '#domain/kernel/envelope.ts';
import type { Line } from '#domain/kernel/line.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Reaction } from '#domain/kernel/reaction.ts';
import { NewerEventError } from '#domain/kernel/registry.ts';
import { type KeptLine, keepLine } from '#runtime/kept-line.ts';
import { doubled, pause } from '#runtime/pause.ts';
import { troubles } from '#runtime/troubles.ts';
import { consumerOf } from '#sagas/runtime/reactions.ts';
import { reactions, registry } from './contexts.ts';

/** Every line, as it is kept in one process. */
export interface KeptLines {
  readonly lines: readonly KeptLine[];
  stop(): Promise<void>;
}

type Lined = Reaction & { readonly line: Line };
const lined = reactions.filter((reaction): reaction is Lined => reaction.line !== undefined);

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Follows the history for the lines, from where the catch-up consumer has followed every chain to its end: whoever was in line when
 * a process died is in line again. Ends with the feed, and at an event that this code is too old for, as every reader does.
 */
export function keepLines(options: {
  readonly feed: EventFeed;
  readonly consumers: Pick<ConsumerStore, 'checkpoint'>;
  readonly machineClock: Clock;
  readonly log: Log;
}): KeptLines {
  const { feed, consumers, machineClock, log } = options;
  const stopped = new AbortController();
  const { signal } = stopped;
  const told = troubles(
    { log, clock: machineClock },
    { lasts: 'lines could not be begun', over: 'every line is begun' },
  );

  async function beginningOf(reaction: Lined): Promise<Position> {
    for (let failures = 1; ; failures++)
      try {
        const from = (await consumers.checkpoint(consumerOf(reaction))) ?? BEGINNING;
        told.worked(reaction.name);
        return from;
      } catch (error) {
        if (signal.aborted) throw error;
        told.failed(reaction.name, error);
        await pause(machineClock, doubled(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), signal);
      }
  }

  /** One that cannot be read parks its chain in the catch-up consumer; the others do not wait for it. */
  function readable(reaction: Lined, events: readonly StoredEvent[]): readonly RecordedEvent[] {
    return events.flatMap((event) => {
      try {
        return [registry.decode(event)];
      } catch (error) {
        if (error instanceof NewerEventError) throw error;
        const { stream, revision } = event;
        log.error(
          { reaction: reaction.name, stream, revision, err: error },
          'a line goes on without an event',
        );
        return [];
      }
    });
  }

  async function keep(reaction: Lined, lines: KeptLine): Promise<void> {
    const { joins, leaves } = reaction.line;
    const filter = { types: [joins, ...leaves].map(({ type }) => type) };
    try {
      const after = await beginningOf(reaction);
      for await (const { events, through } of feed.follow({ after, filter, signal }))
        lines.met(readable(reaction, events), through);
    } catch (error) {
      if (!signal.aborted) log.error({ reaction: reaction.name, err: error }, 'a line is kept no longer');
    } finally {
      // Nobody is left waiting: what is in line is not decided here any more, and its callers hear that it is pending.
      lines.end();
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
