import { Router } from 'express';
import type { Position } from '#domain/kernel/envelope.ts';
import type { Instant } from '#domain/kernel/instant.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { invalid, RejectedError } from '#domain/kernel/rejections.ts';
import { serviceLimits, servicePaths } from '#runtime/service/limits.ts';
import { Asking } from '#runtime/service/moments.ts';
import { readJson } from '#write-side/rest/body.ts';
import { type KnowsRole, onlyRoles } from '#write-side/service/dispatch.ts';
import type { SimulatedClock } from '../engines.ts';
import { followersOf } from './followers.ts';

export interface SharedClockOptions {
  readonly clock: SimulatedClock;
  readonly store: Pick<EventStore, 'head'>;
  /** Waits until nothing is left to do in this process; up to where, that is. @throws when that takes too long */
  readonly settled: () => Promise<Position>;
  /** Names this process, and no other that ever was. */
  readonly owner: string;
  readonly machineClock: Clock;
  readonly log: Log;
  /** How long the other processes may take for a moment, in milliseconds. */
  readonly turnMs: number;
}

/** The one simulated clock of the platform, in the process that moves it. */
export interface SharedClock {
  now(): Instant;
  /**
   * Moves it on, one move after the other, stopping at everything that falls due on the way, in whatever process, until it has been
   * done; resolves when every process that follows is done with all of it. The present moment lets everything come to rest.
   * @throws RejectedError for a moment that is past when its turn has come; Error when that takes too long
   */
  moveTo(to: Instant): Promise<void>;
  /** `POST /clock`, where the other processes ask for the next moment. */
  routes(knows: KnowsRole): Router;
  /** Keeps nobody waiting any more, before a stop. */
  end(): void;
}

const earliest = (...moments: readonly (Instant | undefined)[]): Instant | undefined =>
  moments
    .filter((moment) => moment !== undefined)
    .sort()
    .at(0);

export function sharedClock(options: SharedClockOptions): SharedClock {
  const { clock, store, settled, log } = options;
  const followers = followersOf({ ...options, now: clock.now });
  let moving: Promise<unknown> = Promise.resolve();

  /** Until nothing is left to do at this moment anywhere. @param all whether views are to be there, too, in other processes */
  async function rest(all: boolean): Promise<void> {
    for (;;) {
      const head = await settled();
      if (followers.none) return;
      await followers.turn(head, all);
      if ((await store.head()) === head) return;
    }
  }

  const next = (): Instant | undefined => earliest(clock.next(), followers.next());

  async function move(to: Instant): Promise<void> {
    await rest(false);
    for (let due = next(); due !== undefined && due <= to; due = next()) {
      clock.advanceTo(due);
      await rest(false);
    }
    clock.advanceTo(to);
    if (!followers.none) await rest(true);
  }

  // Two at once would fire what falls due in an order that time does not have.
  function inTurn(work: () => Promise<void>): Promise<void> {
    const moved = moving.then(work);
    moving = moved.catch(() => undefined);
    return moved;
  }

  const moveTo = (to: Instant): Promise<void> =>
    inTurn(async () => {
      const message = `the clock stands at ${clock.now()}, and goes forwards only`;
      if (to < clock.now()) throw new RejectedError(invalid([{ path: ['to'], message }]));
      await move(to);
    });

  /** One that knows of a later moment was told it before this process was started: time does not run backwards for it. */
  function goOnFrom(theirs: Instant | null): void {
    if (theirs === null || theirs <= clock.now()) return;
    inTurn(() => move(theirs)).catch((error: unknown) =>
      log.error({ err: error }, 'the clock could not be moved on'),
    );
  }

  return {
    now: clock.now,
    moveTo,
    end: followers.end,
    routes(knows) {
      const router = Router({ caseSensitive: true, strict: true });
      router.post(servicePaths.clock, onlyRoles(knows), async (request, response) => {
        const asking = Asking.safeParse(await readJson(request, serviceLimits.requestBytes));
        if (!asking.success) throw new RejectedError(invalid(asking.error.issues));
        const gone = new AbortController();
        response.once('close', () => gone.abort());
        goOnFrom(asking.data.now);
        response.json(await followers.ask(asking.data, gone.signal));
      });
      return router;
    },
  };
}
