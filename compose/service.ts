import type { Config } from '#config';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Standing } from '#domain/kernel/ports/standing.ts';
import { type DoneWith, type FollowedClock, followedClock } from '#engines/clock/followed.ts';
import { type ServiceClient, serviceClient } from '#engines/service/client.ts';
import { remoteDispatch } from '#engines/service/dispatch.ts';
import { serviceTokens } from '#engines/service/tokens.ts';
import { doubled, pause } from '#runtime/pause.ts';
import { reasonOf } from '#runtime/reason.ts';
import { serviceLimits } from '#runtime/service/limits.ts';
import type { KnowsRole } from '#write-side/service/dispatch.ts';
import type { Certificate } from './certificates.ts';
import { registry } from './contexts.ts';
import { serviceKeyOf } from './service-key.ts';

export type { DoneWith };

/** How the processes of one platform reach each other, as this one has a part in it. */
export interface Service {
  /** Where others send commands to this process. */
  readonly knows?: KnowsRole;
  /** Where this process sends its commands. */
  readonly writeSide?: WriteSideElsewhere;
  close(): Promise<void>;
}

/** The process that decides, as others have it. */
export interface WriteSideElsewhere {
  readonly dispatch: Dispatch;
  readonly standing: () => Standing;
  /** Set where the business lives by a simulated clock. */
  readonly clock?: FollowedClock;
}

export interface ServiceOptions {
  readonly config: Config;
  readonly machineClock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  /** Names this process, and no other that ever was. */
  readonly owner: string;
  /** How long the time is waited for, in milliseconds. */
  readonly joinWithinMs: number;
  /** The epoch of the history that this process reads, or writes. */
  readonly history: string;
  /** What is shown to the process that decides; undefined: nothing. */
  readonly certificate: Certificate | undefined;
}

/** How the write side is asked whether it is there. */
interface Greeted {
  /** Resolves when it was asked for the first time, whatever came of it. */
  readonly first: Promise<void>;
  stop(): Promise<void>;
}

/** Asks again and again whether the write side would let us in, so that health says so before anybody's command has failed. */
function greeting(client: ServiceClient, clock: Clock): Greeted {
  const stopped = new AbortController();
  const { greetingEveryMs, greetingWithinMs, greetingAgainMs } = serviceLimits;
  const first = Promise.withResolvers<void>();

  async function greet(): Promise<void> {
    for (let failures = 0; !stopped.signal.aborted; ) {
      // What comes of it stands in the client's standing.
      const greeted = await client.greet(greetingWithinMs, stopped.signal).then(
        () => true,
        () => false,
      );
      first.resolve();
      failures = greeted ? 0 : failures + 1;
      const pauseMs = greeted ? greetingEveryMs : doubled(failures, greetingAgainMs, greetingEveryMs);
      await pause(clock, pauseMs, stopped.signal);
    }
  }

  const greeted = greet();
  return {
    first: first.promise,
    stop() {
      stopped.abort();
      return greeted;
    },
  };
}

/** @throws StoreError `unavailable` where nobody tells the time */
async function follow(client: ServiceClient, options: ServiceOptions): Promise<FollowedClock | undefined> {
  const { config, owner, history: _, certificate: __, ...others } = options;
  if (config.clock !== 'simulated') return undefined;
  try {
    return await followedClock({ client, follower: owner, ...others });
  } catch (error) {
    throw new StoreError('unavailable', `SERVICE_URL tells no time: ${reasonOf(error)}.`, { cause: error });
  }
}

/**
 * Opens the way between the roles: none where one process does everything.
 *
 * @throws UnusableError, DamagedFileError for the secret that they share; StoreError `unavailable` where nobody tells a simulated time
 */
export async function openService(options: ServiceOptions): Promise<Service> {
  const { config, machineClock, newId, log, history, certificate } = options;
  if (config.whole) return { close: async () => undefined };
  const key = (await serviceKeyOf(config)).keyFor('service');
  const tokens = serviceTokens({ key, history, clock: machineClock });
  if (config.roles.includes('write-side')) return { knows: tokens.verify, close: async () => undefined };
  const { url } = config.service;
  if (url === undefined) return { close: async () => undefined };
  const client = serviceClient({
    ...{ url, token: tokens.issue, clock: machineClock, lives: config.clock },
    ...(certificate !== undefined && { shows: certificate }),
  });
  await using begun = new AsyncDisposableStack();
  begun.defer(client.close);
  const greeted = greeting(client, machineClock);
  begun.defer(greeted.stop);
  // Where the clocks differ, that says so, and not that nobody tells the time.
  await greeted.first;
  const clock = await follow(client, options);
  if (clock !== undefined) begun.defer(clock.stop);
  const opened = begun.move();
  return {
    writeSide: {
      dispatch: remoteDispatch({ client, registry, newId, log }),
      standing: client.standing,
      ...(clock !== undefined && { clock }),
    },
    close: () => opened.disposeAsync(),
  };
}
