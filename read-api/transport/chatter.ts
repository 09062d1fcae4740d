import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { RateLimitedError } from '#runtime/ration.ts';
import type { ReadLimits } from '../limits.ts';

/** What a socket says beside its operations, each of which has a price of its own. */
export interface Chatter {
  /** One more message. */
  said(): void;
}

interface ChatterOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly limits: Pick<ReadLimits, 'chatterMessages' | 'chatterMs'>;
  /** Takes one point of the network from which it comes. @throws RateLimitedError */
  readonly pay: () => Promise<void>;
  /** Called where there are none left. */
  readonly over: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Pings, pongs and whatever else costs no operation are answered for nothing as long as they are those that keep a connection. What
 * is more costs as much as a request each, since it is as much work for everybody's thread.
 */
export function chatter({ clock, limits, pay, over, failed }: ChatterOptions): Chatter {
  let messages = 0;
  let endsMs = 0;
  return {
    said() {
      const nowMs = millisecondsOf(clock.now());
      // A clock that was set back is no reason to count on for as long.
      if (nowMs >= endsMs || endsMs - nowMs > limits.chatterMs) {
        messages = 0;
        endsMs = nowMs + limits.chatterMs;
      }
      messages += 1;
      if (messages <= limits.chatterMessages) return;
      pay().catch((error: unknown) => {
        if (error instanceof RateLimitedError) over();
        else failed(error);
      });
    },
  };
}
