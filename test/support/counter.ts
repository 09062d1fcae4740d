import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Session } from '#demo/api.ts';
import type { AcknowledgementLog } from './acknowledgement-log.ts';
import { exchange, JSON_TYPE } from './customer.ts';

// A good client of a platform that dies: it writes down what it asks before it asks and what it hears when it hears it, and
// sends what was not answered again under the same id.

/** Before what got no answer is sent again, in milliseconds: long enough to let a platform start, short against its life. */
const AGAIN_MS = 80;
/** The platform's clock may leap over months. */
const TOKEN_HOURS = 24 * 366;

const Issued = z.object({ token: z.string() });
const Answered = z.object({
  commandId: z.string().optional(),
  token: z.string().optional(),
  events: z.array(z.object({ type: z.string(), data: z.record(z.string(), z.json()) })).default([]),
});

/** What became of a command. */
export interface Answer {
  readonly status: number;
  readonly events: readonly { readonly type: string; readonly data: Readonly<Record<string, unknown>> }[];
}

export interface Counter {
  /** Where the platform is, whenever it is. */
  readonly url: string;
  signIn(person: string, ...roles: string[]): Promise<Session>;
  /** Sends a command until it is answered for good, or the work is over: then `undefined`. */
  command(by: Session, commandId: string, path: string, data: object): Promise<Answer | undefined>;
  /** Any other request, again until it is answered by less than 500, or the work is over. */
  request(path: string, init: RequestInit): Promise<{ status: number; body: string } | undefined>;
}

/** `over` ends all waiting. */
export function counterAt(url: string, log: AcknowledgementLog, over: AbortSignal): Counter {
  // Lost on the way there or back: nobody knows which.
  const once = (path: string, init: RequestInit) =>
    exchange(new URL(path, url), init, over).catch(() => undefined);

  async function until<Result>(attempt: () => Promise<Result | undefined>): Promise<Result | undefined> {
    while (!over.aborted) {
      const result = await attempt();
      if (result !== undefined) return result;
      await pause(AGAIN_MS);
    }
    return undefined;
  }

  const request: Counter['request'] = (path, init) =>
    until(async () => {
      const received = await once(path, init);
      return received === undefined || received.status >= 500 ? undefined : received;
    });

  return {
    url,
    request,
    async signIn(person, ...roles) {
      const body = JSON.stringify({ sub: person, roles, reputation: 10, hours: TOKEN_HOURS });
      const issued = await request('/dev/tokens', { method: 'POST', headers: JSON_TYPE, body });
      const { token } = Issued.parse(JSON.parse(issued?.body ?? '{}'));
      return { person, authorization: `Bearer ${token}` };
    },
    command(by, commandId, path, data) {
      const { person, authorization } = by;
      const init: RequestInit = {
        method: 'POST',
        headers: { ...JSON_TYPE, authorization, 'idempotency-key': commandId },
        body: JSON.stringify(data),
      };
      return until(async () => {
        log.write({ kind: 'asked', person, commandId, path });
        const received = await once(`/commands/${path}`, init);
        if (received === undefined) {
          log.write({ kind: 'lost', person, commandId });
          return undefined;
        }
        const { status } = received;
        const body: unknown = JSON.parse(received.body);
        log.write({ kind: 'heard', person, commandId, path, status, body });
        // Recorded and on its way, or a no of the moment: the same id asks again.
        return status === 202 || status >= 500 ? undefined : { status, ...Answered.parse(body) };
      });
    },
  };
}
