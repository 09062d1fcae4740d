import type { Rejection } from '#domain/kernel/message.ts';
import { Overloaded, Unavailable } from '#domain/kernel/rejections.ts';
import type { PipelineLimits } from './limits.ts';
import type { Rate } from './rate.ts';

export type Side = 'external' | 'system';

/** Who may come in, and who is still inside. */
export interface Admission {
  /** Lets a command in, to leave by calling the result once; or says why not. */
  enter(side: Side): (() => void) | Rejection;
  /** Lets nobody in any more; resolves when everybody has left. */
  close(): Promise<void>;
  inFlight(): Readonly<Record<Side, number>>;
  closed(): boolean;
}

const RESTART_WAIT_MS = 1_000;

export function admission(
  limits: Pick<PipelineLimits, 'externalInFlight' | 'systemInFlight'>,
  rate: Rate,
): Admission {
  const inside = { external: 0, system: 0 };
  const most = { external: limits.externalInFlight, system: limits.systemInFlight };
  let closing: { readonly empty: Promise<void>; readonly resolve: () => void } | undefined;
  const settleIfEmpty = (): void => {
    if (inside.external + inside.system === 0) closing?.resolve();
  };
  return {
    enter(side) {
      if (closing !== undefined) return Unavailable({ retryAfterMs: RESTART_WAIT_MS });
      if (inside[side] >= most[side]) return Overloaded({ retryAfterMs: rate.waitMs(inside[side]) });
      inside[side] += 1;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        inside[side] -= 1;
        settleIfEmpty();
      };
    },
    close() {
      if (closing === undefined) {
        const { promise, resolve } = Promise.withResolvers<void>();
        closing = { empty: promise, resolve };
        settleIfEmpty();
      }
      return closing.empty;
    },
    inFlight: () => ({ ...inside }),
    closed: () => closing !== undefined,
  };
}
