import http, { type OutgoingHttpHeaders } from 'node:http';
import https, { type RequestOptions } from 'node:https';
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

/** What is posted, and the status of what is answered. @param shows the certificates that whoever answers may show, whatever their names */
function post(url: string, headers: OutgoingHttpHeaders, body: Uint8Array, shows?: string): Promise<number> {
  const { request } = url.startsWith('https:') ? https : http;
  const only: RequestOptions =
    shows === undefined
      ? {}
      : { ca: shows, allowPartialTrustChain: true, checkServerIdentity: () => undefined };
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(deliveryLimits.answerMs);
    const asked = request(url, { method: 'POST', headers, signal, agent: false, ...only }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject).end(body);
  });
}

/**
 * Delivers to a webhook over HTTP. Any 2xx means that the notice is durable there.
 *
 * @param shows set where the webhook is our own, behind a certificate for the name that people come by
 */
export const deliverTo =
  (url: string, shows?: string): Deliver =>
  async (body, signature) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': body.length,
      [SIGNATURE_HEADER]: signature,
    };
    const status = await post(url, headers, body, shows);
    return status >= 200 && status < 300;
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
