import type { Position, StoredEvent } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import { type EventFilter, storeLimits } from '#domain/kernel/ports/event-store.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { LONGEST_TOKEN_MS, type Revocations } from '#domain/kernel/ports/revocations.ts';
import { untilItWorks } from '#runtime/pause.ts';
import { reasonOf } from '#runtime/reason.ts';
import { endOfSessions, endOfTrust, revokedBy } from '#sagas/accounts/revoking.ts';
import { registry } from './contexts.ts';
import type { ProcessEngines } from './engines.ts';
import { healthOfWay } from './health.ts';
import type { RunningRole } from './roles/role.ts';

const MINUTE_MS = 60_000;
/** Tokens that name a session end within five minutes, and clocks differ. What others issue lives longer. */
const SESSION_TOKENS_MS = 6 * MINUTE_MS;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;

const kinds: readonly { readonly filter: EventFilter; readonly lastsMs: number }[] = [
  { filter: endOfSessions, lastsMs: SESSION_TOKENS_MS },
  { filter: endOfTrust, lastsMs: LONGEST_TOKEN_MS },
];
const both: EventFilter = {
  streams: kinds.flatMap(({ filter }) => filter.streams ?? []),
  types: kinds.flatMap(({ filter }) => filter.types ?? []),
};

type Engines = Pick<ProcessEngines, 'store' | 'feed' | 'clock' | 'machineClock'> & {
  readonly revocations: Pick<Revocations, 'revoke'>;
};

function telling({ revocations, clock }: Engines) {
  return (stored: StoredEvent): void => {
    const event = registry.decode(stored);
    for (const what of revokedBy(event)) {
      const isOfSessions = 'session' in what || 'grant' in what || 'passwordOf' in what;
      const until = later(event.recordedAt, isOfSessions ? SESSION_TOKENS_MS : LONGEST_TOKEN_MS);
      if (until > clock.now())
        revocations.revoke(what, until, { since: event.recordedAt, revision: event.revision });
    }
  };
}

/** Tells what was recorded lately, of which tokens may still be about. @returns up to where @throws StoreError */
async function toldSoFar(engines: Engines): Promise<Position> {
  const { store, clock } = engines;
  const tell = telling(engines);
  const backwards = (limit: number, before: Position | undefined, filter?: EventFilter) =>
    store.readAll({
      ...{ direction: 'backwards', limit },
      ...(before !== undefined && { after: before }),
      ...(filter !== undefined && { filter }),
    });
  const head = await store.head();
  for (const { filter, lastsMs } of kinds) {
    const since = later(clock.now(), -lastsMs);
    for (let before: Position | undefined; ; ) {
      const page = await backwards(storeLimits.pageEvents, before, filter);
      for (const event of page.events) tell(event);
      // What matches is rare: whether the search is far enough back is told by whatever stands where it has come to.
      const { events } = await backwards(1, page.through);
      if (page.end || events.every(({ recordedAt }) => recordedAt < since)) break;
      before = page.through;
    }
  }
  return head;
}

/**
 * Tells this process which tokens are not taken any more, as the history says it: what stands already before anybody is let in, and then
 * what comes. It has no checkpoint: whoever starts anew has forgotten, and reads again.
 *
 * @throws StoreError where the history cannot be read
 */
export async function revokingPart({
  engines,
  log,
}: {
  readonly engines: Engines;
  readonly log: Log;
}): Promise<RunningRole> {
  const { feed, machineClock } = engines;
  const tell = telling(engines);
  const stopping = new AbortController();
  const { signal } = stopping;
  let problem: string | undefined;
  let through = await toldSoFar(engines);

  async function follow(): Promise<void> {
    for await (const batch of feed.follow({ after: through, filter: both, signal })) {
      for (const event of batch.events) tell(event);
      through = batch.through;
      problem = undefined;
    }
  }
  const following = untilItWorks(follow, {
    ...{ clock: machineClock, signal, firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS },
    failed(error, failures) {
      problem = reasonOf(error);
      if (failures === 1)
        log.error({ err: error }, 'nobody tells which tokens are revoked; it is tried again');
    },
  });
  return {
    health: () => ({ revocations: healthOfWay(problem) }),
    async stop() {
      stopping.abort();
      await following;
    },
  };
}
