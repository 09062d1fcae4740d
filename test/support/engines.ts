import { registry } from '#compose/contexts.ts';
import type { Engines } from '#compose/engines.ts';
import { keepLines } from '#compose/lines.ts';
import { temporaryPersonKeys } from '#compose/person-keys.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { type EventFeedOptions, eventFeed } from '#engines/event-feed/feed.ts';
import { revocationsHere } from '#engines/tokens/revocations.ts';
import { followedChains } from '#runtime/followed-chains.ts';

type Parts = Pick<
  Engines,
  'clock' | 'simulated' | 'machineClock' | 'newId' | 'random' | 'store' | 'readStore'
> &
  Partial<Pick<Engines, 'personKeys'>>;
type Loop = Pick<Parameters<typeof consumerLoop>[0], 'owner' | 'leaseMs' | 'retryPollMs'>;

/** What one process of the platform is built on, over stores that outlive it. */
export function enginesOver(
  parts: Parts,
  { log, loop, ...feedOptions }: Omit<EventFeedOptions, 'clock'> & { readonly log: Log; readonly loop: Loop },
): Engines {
  const { store, machineClock } = parts;
  const { consumers } = parts.readStore;
  const feed = eventFeed(store, { clock: machineClock, ...feedOptions });
  const consume = consumerLoop({ feed, store, consumers, registry, clock: machineClock, ...loop });
  const lines = keepLines({ feed, consumers, machineClock, log });
  return {
    personKeys: temporaryPersonKeys(),
    ...parts,
    feed,
    consume,
    followed: followedChains(),
    lines,
    // Nobody comes in by a token here: commands are handed to the pipeline.
    tokens: { verify: async () => undefined },
    revocations: revocationsHere(parts.clock),
    issuer: undefined,
    tokenKeys: undefined,
    providedAt: () => undefined,
    async close() {
      await lines.stop();
      await feed.close();
    },
  };
}
