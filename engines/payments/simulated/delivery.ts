import { later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { SIGNATURE_HEADER } from '#domain/kernel/ports/payments.ts';
import { sign } from '#domain/kernel/signature.ts';
import { doubled } from '#runtime/pause.ts';
import type { Ledger, WaitingNotice } from './ledger.ts';

/** Brings a signed notice to whoever takes it; true when it was taken. */
export type Deliver = (body: Uint8Array, signature: string) => Promise<boolean>;

export const deliveryLimits = {
  atOnce: 8,
  /** With the pauses below, about two hours. */
  attempts: 12,
  firstPauseMs: 1_000,
  longestPauseMs: 30 * 60 * 1_000,
  answerMs: 10_000,
} as const;

/** Delivers to a webhook over HTTP. Any 2xx means that the notice is durable there. */
export const deliverTo =
  (url: string): Deliver =>
  async (body, signature) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [SIGNATURE_HEADER]: signature },
      body: Buffer.from(body),
      redirect: 'error',
      signal: AbortSignal.timeout(deliveryLimits.answerMs),
    });
    await response.body?.cancel();
    return response.ok;
  };

export interface Delivery {
  /** Delivers what is due, and then whatever falls due. */
  wake(): void;
  /** Ends after the deliveries at work. */
  stop(): Promise<void>;
}

/**
 * Delivers the notices of a ledger, each until it is taken or has been tried too often. Every attempt is signed anew, so
 * that a late one is not mistaken for a replay.
 */
export function deliveryOf({
  ledger,
  deliver,
  secret,
  clock,
  pauseClock,
}: {
  ledger: Ledger;
  deliver: Deliver;
  secret: string;
  /** By which notices are signed. */
  clock: Clock;
  /** By which they fall due. */
  pauseClock: Clock;
}): Delivery {
  let working: Promise<void> | undefined;
  let stopped = false;
  let again = false;
  let cancelTimer = (): void => {};

  async function attempt({ id, body, attempts }: WaitingNotice): Promise<void> {
    const bytes = Buffer.from(body);
    // A delivery that fails in any way is tried again; what the reason was does not matter to a notice.
    const taken = await deliver(bytes, sign(secret, clock.now(), bytes)).catch(() => false);
    if (taken) return ledger.delivered(id);
    if (attempts + 1 >= deliveryLimits.attempts) return ledger.giveUp(id);
    const pauseMs = doubled(attempts + 1, deliveryLimits.firstPauseMs, deliveryLimits.longestPauseMs);
    ledger.retry(id, later(pauseClock.now(), pauseMs));
  }

  async function work(): Promise<void> {
    while (!stopped) {
      again = false;
      const due = ledger.due(pauseClock.now(), deliveryLimits.atOnce);
      await Promise.all(due.map(attempt));
      if (due.length === 0 && !again) break;
    }
    working = undefined;
    const next = stopped ? undefined : ledger.nextDue();
    if (next !== undefined) cancelTimer = pauseClock.at(next, wake);
  }

  function wake(): void {
    again = true;
    if (stopped || working !== undefined) return;
    cancelTimer();
    working = work();
  }

  return {
    wake,
    async stop() {
      stopped = true;
      cancelTimer();
      await working;
    },
  };
}
