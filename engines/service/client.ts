import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Standing } from '#domain/kernel/ports/standing.ts';
import { reasonOf } from '#runtime/reason.ts';
import { type ClockKind, Greeting } from '#runtime/service/greeting.ts';
import { serviceLimits, servicePaths } from '#runtime/service/limits.ts';
import { watched } from '../standing.ts';

/** No answer, and nobody can tell what became of what was asked. */
export class UnansweredError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnansweredError';
  }
}

/** Something answers there, and it is no write side of ours, or does not take us for one of its roles: nothing was taken in. */
export class NotOursError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NotOursError';
  }
}

/** Too much is under way from here; nothing was sent. */
export class TooMuchUnderWayError extends Error {
  constructor() {
    super('too much is under way');
    this.name = 'TooMuchUnderWayError';
  }
}

export interface Answered {
  readonly status: number;
  /** What its JSON says; undefined where it is none. */
  readonly body: unknown;
}

/** Asks the process that decides. */
export interface ServiceClient {
  /**
   * @param text JSON; asked again it must mean the same, since it may be sent twice
   * @throws UnansweredError after the time, or when the connection breaks; NotOursError; TooMuchUnderWayError
   */
  ask(path: string, text: string, withinMs: number, signal?: AbortSignal): Promise<Answered>;
  /**
   * Asks whether we would be let in. Where the business lives by another clock than here, nothing else is asked until it does not.
   *
   * @throws what `ask` throws
   */
  greet(withinMs: number, signal?: AbortSignal): Promise<void>;
  standing(): Standing;
  /** What is under way is answered no more. */
  close(): void;
}

export interface ServiceClientOptions {
  /** The origin: `http://write-side:4002`. */
  readonly url: string;
  readonly token: () => Promise<string>;
  /** The machine's. */
  readonly clock: Clock;
  /** By which clock the business lives here. */
  readonly lives: ClockKind;
  /** The certificate that we show there, and whoever has to vouch for theirs; undefined: none, and whoever the system trusts. */
  readonly shows?: {
    context(): SecureContextOptions;
    onChange(changed: () => void): void;
  };
}

/** What breaks before its first byte on a connection that was kept had been closed there meanwhile. */
const isStale = (request: ClientRequest, error: unknown): boolean =>
  request.reusedSocket &&
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ECONNRESET' || error.code === 'EPIPE');

async function bodyOf(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > serviceLimits.answerBytes) throw new UnansweredError('the answer is too long');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}

/** Why an answer is none of our write side; undefined: it may be. */
function strangeness({ status, body }: Answered): string | undefined {
  if (status === 401)
    return 'it does not know our token: SERVICE_KEY_FILE or the history of DATA_DIR is another there, or the clocks differ';
  // What stands before it may say without JSON that it is away.
  if (status < 500 && (body === undefined || status === 404 || status === 405))
    return `it answers ${status} as no write side of this version does: SERVICE_URL has to name its SERVICE_PORT, or it is of an older one`;
  return undefined;
}

/** How its clock differs from ours; undefined: it does not, or it does not say. */
function otherClock({ body }: Answered, here: ClockKind): string | undefined {
  const there = Greeting.safeParse(body).data?.clock;
  if (there === undefined || there === here) return undefined;
  return `CLOCK is ${there} there and ${here} here: all roles live by one clock`;
}

/** What is told of a handshake that came to nothing, by the code that Node gives it: the driver's words name no setting. */
const HANDSHAKES: readonly (readonly [codes: RegExp, why: string])[] = [
  [
    /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_SIGNATURE_FAILURE)$/,
    'nobody in SERVICE_CA_FILE vouches for its certificate',
  ],
  [/^CERT_HAS_EXPIRED$/, 'its certificate has ended'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'its certificate is for another name than SERVICE_URL has'],
  [/ALERT_CERTIFICATE_REQUIRED$/, 'it asks for a certificate: SERVICE_CERTIFICATE_FILE is not set here'],
  [
    /^ECONNRESET$/,
    'it closes what we open, as for a certificate that it does not take: ours in SERVICE_CERTIFICATE_FILE has ended, or nobody in its SERVICE_CA_FILE vouches for it',
  ],
  [
    /^(EPROTO|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG))$/,
    'it speaks no TLS: SERVICE_CERTIFICATE_FILE is not set there',
  ],
];

function whyBroken(error: unknown, url: string): string {
  const reason = reasonOf(error);
  if (!url.startsWith('https:')) return reason;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const [, why] = HANDSHAKES.find(([codes]) => codes.test(code)) ?? [];
  return why === undefined ? reason : `${why} (${code})`;
}

/** Connections that are kept, and what is sent over them. */
function sendingTo(url: string, shows: ServiceClientOptions['shows']) {
  const { Agent, request: send } = url.startsWith('https:') ? https : http;
  const agentOf = () =>
    new Agent({ keepAlive: true, maxSockets: serviceLimits.connections, ...shows?.context() });
  let agent = agentOf();
  // What is under way goes on as it has begun, on connections that their other end closes; what is asked next shows the new one.
  shows?.onChange(() => {
    const before = agent;
    agent = agentOf();
    leaveIdle(before);
  });

  /** Where one is silent, those that lead there too may be: their other end may be gone without a word. */
  function leaveIdle({ freeSockets }: http.Agent): void {
    for (const sockets of Object.values(freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  function once(path: string, text: string, authorization: string, signal: AbortSignal): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const request = send(`${url}${path}`, {
        ...{ method: 'POST', agent, signal },
        headers: {
          Authorization: authorization,
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(text),
        },
      });
      request.on('error', (error) =>
        isStale(request, error)
          ? once(path, text, authorization, signal).then(resolve, reject)
          : reject(error),
      );
      request.on('response', (response) => {
        bodyOf(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      });
      request.end(text);
    });
  }

  return {
    once,
    leaveIdle: () => leaveIdle(agent),
    end: () => agent.destroy(),
  };
}

/** Speaks HTTP to the service port, over connections that are kept. */
export function serviceClient({ url, token, clock, lives, shows }: ServiceClientOptions): ServiceClient {
  const sending = sendingTo(url, shows);
  const closing = new AbortController();
  let underWay = 0;
  let different: string | undefined;
  const seen = watched(url, clock.now);

  /** @param lateMs how long was waited, where that was too long */
  function unanswered(error: unknown, isLeft: boolean, lateMs: number | undefined): UnansweredError {
    const why = lateMs === undefined ? whyBroken(error, url) : `no answer within ${lateMs} ms`;
    const message = `${url}: ${why}`;
    if (lateMs !== undefined) sending.leaveIdle();
    // Whoever asked has gone: that is no failure of what was asked.
    if (!isLeft) seen.failed(message, 'writes');
    return new UnansweredError(message, { cause: error });
  }

  /** @throws NotOursError, and whatever sending fails with */
  async function askOurs(path: string, text: string, signal: AbortSignal): Promise<Answered> {
    const isGreeting = path === servicePaths.greeting;
    if (different !== undefined && !isGreeting) throw new NotOursError(`${url}: ${different}`);
    const answered = await sending.once(path, text, `Bearer ${await token()}`, signal);
    const strange = strangeness(answered);
    if (strange === undefined && isGreeting) different = otherClock(answered, lives);
    const why = strange ?? different;
    if (why !== undefined) throw new NotOursError(`${url}: ${why}`);
    return answered;
  }

  async function ask(path: string, text: string, withinMs: number, signal?: AbortSignal): Promise<Answered> {
    if (underWay >= serviceLimits.underWay) throw new TooMuchUnderWayError();
    underWay += 1;
    const over = AbortSignal.any([
      ...[closing.signal, AbortSignal.timeout(withinMs)],
      ...(signal === undefined ? [] : [signal]),
    ]);
    try {
      const answered = await askOurs(path, text, over);
      seen.answered();
      return answered;
    } catch (error) {
      if (error instanceof NotOursError) {
        seen.failed(error, 'writes');
        throw error;
      }
      const isLeft = signal?.aborted === true;
      const isLate = over.aborted && !closing.signal.aborted && !isLeft;
      throw unanswered(error, isLeft, isLate ? withinMs : undefined);
    } finally {
      underWay -= 1;
    }
  }

  return {
    ask,
    async greet(withinMs, signal) {
      await ask(servicePaths.greeting, '{}', withinMs, signal);
    },
    standing: seen.standing,
    close() {
      closing.abort();
      sending.end();
    },
  };
}
