import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

const limits = {
  attempts: 12,
  firstPauseMs: 50,
  longestPauseMs: 2_000,
  /** Moving the clock settles everything that falls due: hundreds of lots may end in the same moment. */
  answerMs: 120_000,
  /** Tokens hold this long on the platform's clock, which leaps over weeks. */
  tokenHours: 24 * 300,
} as const;

/** What passes by itself; the same request is sent again. */
const PASSING_CODES: readonly unknown[] = [
  'overloaded',
  'rate_limited',
  'unavailable',
  'contended',
  'behind',
];

const Accepted = z.object({
  outcome: z.enum(['accepted', 'pending']),
  token: z.string().optional(),
  events: z.array(z.object({ type: z.string(), data: z.record(z.string(), z.json()) })),
});
const Rejected = z.object({
  code: z.string(),
  message: z.string(),
  details: z.json(),
});
const Issued = z.object({ token: z.string() });
const Answered = z.object({
  data: z.unknown(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.object({ code: z.unknown() }).optional() }))
    .optional(),
});

/** Somebody who has signed in. */
export interface Session {
  readonly person: string;
  readonly authorization: string;
}

/** What became of a command. */
export type Answer =
  | { readonly outcome: 'accepted'; readonly token: string | undefined; readonly events: readonly Fact[] }
  | { readonly outcome: 'rejected'; readonly code: string; readonly why: string };
/** An event of a command, as its sender may see it. */
export interface Fact {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A customer's way to the platform: commands by REST, questions by GraphQL. */
export interface Api {
  readonly url: string;
  /** Development's identity provider: a token for anybody. */
  signIn(person: string, roles: readonly string[], reputation?: number): Promise<Session>;
  /**
   * Sends a command, again under the same id until there is an answer. `purpose` names it among all commands of this run:
   * a run that goes on after a crash sends the same ids and gets the first answers.
   */
  command(by: Session, path: string, data: object, purpose: string): Promise<Answer>;
  /** As `command`, for what must not be refused. @throws Error naming the rejection */
  accepted(
    by: Session,
    path: string,
    data: object,
    purpose: string,
  ): Promise<Answer & { outcome: 'accepted' }>;
  /** A GraphQL query. @throws Error naming its errors */
  ask<Data>(schema: z.ZodType<Data>, query: string, variables: object, by?: Session): Promise<Data>;
  /** Any other request, sent again until there is an answer. */
  request(path: string, init?: RequestInit): Promise<{ readonly status: number; readonly body: string }>;
}

interface Received {
  readonly status: number;
  readonly body: string;
  /** How long whoever has asked for too much is told to wait. */
  readonly waitMs: number;
}
/** What passes by itself: there is too much to do, or for this one too much. */
const PASSING_STATUSES: readonly number[] = [503, 429];
/** Of an answer that is not understood. */
const SHOWN_CHARACTERS = 300;
const json = { 'content-type': 'application/json' } as const;

/** @throws Error with what came, where it is not what a platform of this version answers */
function fitting<Data>(schema: z.ZodType<Data>, value: unknown, body: string): Data {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message } = { path: [], message: '' }] = parsed.error.issues;
  const said = body.slice(0, SHOWN_CHARACTERS);
  throw new Error(`No platform of this version answers so (${path.join('.')}: ${message}): ${said}`);
}

function read<Data>(schema: z.ZodType<Data>, body: string): Data {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    value = undefined;
  }
  return fitting(schema, value, body);
}

interface Platform {
  readonly url: string;
  /** Aborted when the platform is known to have ended, so that nobody waits for it. */
  readonly gone: AbortSignal;
}

/** Sends until `settled` takes the answer. */
type Send = <Result>(
  path: string,
  init: RequestInit,
  settled: (received: Received) => Result | undefined,
) => Promise<Result>;

function sendingTo({ url, gone }: Platform): Send {
  async function once(path: string, init: RequestInit): Promise<Received | undefined> {
    const signal = AbortSignal.any([gone, AbortSignal.timeout(limits.answerMs)]);
    try {
      // `fetch` keeps connections open between requests.
      const response = await fetch(new URL(path, url), { ...init, signal });
      const waitSeconds = response.status === 429 ? Number(response.headers.get('retry-after') ?? 0) : 0;
      return { status: response.status, body: await response.text(), waitMs: waitSeconds * 1_000 };
    } catch {
      // Lost on the way there or back: whoever sends it again under the same id is safe.
      gone.throwIfAborted();
      return undefined;
    }
  }

  return async (path, init, settled) => {
    let last: Received | undefined;
    for (let attempt = 0; attempt < limits.attempts; attempt++) {
      const backOffMs = Math.min(limits.firstPauseMs * 2 ** (attempt - 1), limits.longestPauseMs);
      if (attempt > 0) await pause(Math.max(backOffMs, last?.waitMs ?? 0));
      const received = await once(path, init);
      last = received ?? last;
      const result = received === undefined ? undefined : settled(received);
      if (result !== undefined) return result;
    }
    throw new Error(`${path}: no answer after ${limits.attempts} attempts; last: ${JSON.stringify(last)}`);
  };
}

function answerOf({ status, body }: Pick<Received, 'status' | 'body'>): Answer | undefined {
  if (status >= 400) {
    const { code, message, details } = read(Rejected, body);
    if (PASSING_STATUSES.includes(status)) return undefined;
    return { outcome: 'rejected', code, why: `${code}: ${message} ${JSON.stringify(details)}` };
  }
  const { outcome, token, events } = read(Accepted, body);
  // Recorded, and still on its way: the same id asks how it ended.
  return outcome === 'pending' ? undefined : { outcome, token, events };
}

/** Connects to a platform. `run` names this run. */
export function connect({ run, ...platform }: Platform & { readonly run: string }): Api {
  const send = sendingTo(platform);
  const request = (path: string, init: RequestInit = {}) =>
    send(path, init, (received) => (PASSING_STATUSES.includes(received.status) ? undefined : received));

  const api: Api = {
    url: platform.url,
    request,
    async signIn(person, roles, reputation = 0) {
      const asked = { sub: person, roles, reputation, hours: limits.tokenHours };
      const init = { method: 'POST', headers: json, body: JSON.stringify(asked) };
      const { status, body } = await request('/dev/tokens', init);
      if (status !== 201) throw new Error(`${person} cannot sign in: ${status} ${body}`);
      return { person, authorization: `Bearer ${read(Issued, body).token}` };
    },
    command(by, path, data, purpose) {
      const id = createHash('sha256')
        .update(JSON.stringify([run, by.person, path, purpose]))
        .digest('hex');
      return send(
        `/commands/${path}`,
        {
          method: 'POST',
          headers: { ...json, authorization: by.authorization, 'idempotency-key': id },
          body: JSON.stringify(data),
        },
        answerOf,
      );
    },
    async accepted(by, path, data, purpose) {
      const answer = await api.command(by, path, data, purpose);
      if (answer.outcome === 'accepted') return answer;
      throw new Error(`${path} of ${by.person} (${purpose}): ${answer.why}`);
    },
    ask(schema, query, variables, by) {
      const headers = by === undefined ? json : { ...json, authorization: by.authorization };
      const init = { method: 'POST', headers, body: JSON.stringify({ query, variables }) };
      return send('/graphql', init, ({ body }) => {
        const { data, errors = [] } = read(Answered, body);
        if (errors.length === 0) return fitting(schema, data, body);
        if (errors.every(({ extensions }) => PASSING_CODES.includes(extensions?.code))) return undefined;
        throw new Error(`${query}: ${errors.map(({ message }) => message).join('; ')}`);
      });
    },
  };
  return api;
}
