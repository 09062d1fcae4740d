import { parseArgs } from 'node:util';
import { z } from 'zod';
import { STEPPED_UP } from '#domain/kernel/ports/tokens.ts';
import { EXIT } from '#exit';
import { boundedText } from '#runtime/bounded-body.ts';
import { reasonOf } from '#runtime/reason.ts';
import { CONSOLE_CLIENT } from '#write-side/accounts/provider/own-client.ts';

// A token for whoever runs the platform, in their shell: the device flow (RFC 8628) of a provider, as a system that every platform knows.

export const signInUsage = `npm run cli --silent -- sign-in --issuer URL [--step-up] [--scope SCOPES] [--resource URL] [--json]

  sign-in             shows an address and a code to be opened in a browser, waits until somebody has signed in there, and prints the access
                      token alone: token=$(npm run cli --silent -- sign-in --issuer https://auctions.example/oidc)

--step-up asks for somebody who has proven in the last ten minutes who they are, as roles, systems and money want it. --scope is openid unless
told, --resource what the token is for where the issuer serves several. --json prints the whole answer, with the refresh token and expires_at.
Certificates are trusted as Node trusts them: NODE_EXTRA_CA_CERTS names others. Exit codes: 0 signed in, 1 refused or too late, 64 not
understood, 69 no issuer to be had.`;

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

const ANSWER_MS = 10_000;
const MOST_BYTES = 64 * 1_024;
/** Between two questions unless the issuer says otherwise, and what is added where it is asked too often (RFC 8628). In seconds. */
const INTERVAL_S = 5;
/** An issuer that lets us ask more seldom than this lets nobody in. */
const LONGEST_INTERVAL_S = 60;
/** Whatever the issuer allows. */
const LONGEST_WAIT_S = 1_800;

/** What may be shown on a terminal, where other characters do things. */
const shown = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[\x20-\x7e]+$/);
const address = z
  .url({ protocol: /^https?$/ })
  .max(2_048)
  .transform((text) => new URL(text).href);
const Described = z.object({
  issuer: z.string(),
  device_authorization_endpoint: address,
  token_endpoint: address,
});
const Device = z.object({
  device_code: shown(2_048),
  user_code: shown(64),
  verification_uri: address,
  verification_uri_complete: address.optional(),
  expires_in: z.number().positive(),
  interval: z.number().positive().max(LONGEST_INTERVAL_S).default(INTERVAL_S),
});
const Tokens = z.looseObject({ access_token: shown(8_192), expires_in: z.number().positive() });
const Refusal = z.object({ error: shown(100), error_description: shown(1_000).optional() });

/** What the command has of the world. */
export interface SignInWorld {
  /** To whoever has asked for the token: nothing else is printed. */
  print(line: string): void;
  /** To whoever sits before it. */
  tell(line: string): void;
  wait(milliseconds: number): Promise<void>;
  /** Of the epoch. */
  nowMs(): number;
}

class UnreachableError extends Error {
  readonly code = 'unavailable';
  constructor(url: string, why: string) {
    super(`${url} cannot be used as an issuer of tokens: ${why}`);
    this.name = 'UnreachableError';
  }
}

/** @throws UnreachableError where there is no answer in JSON */
async function ask(
  url: string,
  form?: Readonly<Record<string, string>>,
): Promise<{ status: number; said: unknown }> {
  try {
    const response = await fetch(url, {
      ...(form !== undefined && { method: 'POST', body: new URLSearchParams(form) }),
      headers: { accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return { status: response.status, said: JSON.parse(await boundedText(response, MOST_BYTES)) };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    throw new UnreachableError(url, `${reasonOf(error)}${cause}`);
  }
}

/** @throws UnreachableError for an answer that means nothing */
function parsed<T>(
  schema: z.ZodType<T>,
  url: string,
  { status, said }: { status: number; said: unknown },
): T {
  const result = schema.safeParse(said);
  if (result.success) return result.data;
  const refused = Refusal.safeParse(said);
  const why = refused.success
    ? `${refused.data.error} ${refused.data.error_description ?? ''}`.trim()
    : 'it means nothing here';
  throw new UnreachableError(url, `it answered ${status}, ${why}`);
}

/** Where the issuer takes questions: by https, or on this machine, and nowhere but at itself. @throws UnreachableError */
async function describedBy(issuer: string): Promise<z.output<typeof Described>> {
  const { protocol, hostname, origin } = new URL(issuer);
  if (protocol !== 'https:' && !/^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname))
    throw new UnreachableError(issuer, 'tokens travel by https, unless on this machine');
  const url = `${issuer}/.well-known/openid-configuration`;
  const described = parsed(Described, url, await ask(url));
  if (described.issuer !== issuer) throw new UnreachableError(issuer, 'it says that it is another one');
  for (const at of [described.device_authorization_endpoint, described.token_endpoint])
    if (new URL(at).origin !== origin) throw new UnreachableError(issuer, `it sends us to ${at}`);
  return described;
}

/** Asks until somebody has signed in. @returns what the issuer says in the end: tokens, or why not @throws UnreachableError */
async function polled(
  at: string,
  { device_code, expires_in, interval }: z.output<typeof Device>,
  { wait, nowMs }: SignInWorld,
): Promise<z.output<typeof Tokens> | z.output<typeof Refusal>> {
  const endMs = nowMs() + Math.min(expires_in, LONGEST_WAIT_S) * 1_000;
  let seconds = interval;
  for (;;) {
    await wait(seconds * 1_000);
    if (nowMs() >= endMs) return { error: 'expired_token' };
    let answer: Awaited<ReturnType<typeof ask>>;
    try {
      answer = await ask(at, { client_id: CONSOLE_CLIENT, grant_type: GRANT, device_code });
    } catch {
      // The issuer may be there again in time, and is not to be stormed then.
      seconds = Math.min(seconds * 2, LONGEST_INTERVAL_S);
      continue;
    }
    if (answer.status === 200) return parsed(Tokens, at, answer);
    const refusal = parsed(Refusal, at, answer);
    if (refusal.error === 'slow_down') seconds += INTERVAL_S;
    else if (refusal.error !== 'authorization_pending') return refusal;
  }
}

const REFUSALS: Readonly<Record<string, string>> = {
  access_denied: 'Whoever opened the address has said no.',
  expired_token: 'Nobody has signed in there in time: begin anew.',
  invalid_grant: 'The code was used already, perhaps by an answer that was lost on its way: begin anew.',
};

const parse = (words: readonly string[]) =>
  parseArgs({
    args: [...words],
    options: {
      issuer: { type: 'string' },
      scope: { type: 'string', default: 'openid' },
      resource: { type: 'string' },
      'step-up': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  }).values;

/** Runs `sign-in`. @throws UnreachableError where there is no issuer to be had */
export async function signIn(
  words: readonly string[],
  world: SignInWorld,
): Promise<0 | 1 | typeof EXIT.misused> {
  const { print, tell } = world;
  let asked: ReturnType<typeof parse>;
  try {
    asked = parse(words);
    if (asked.issuer !== undefined && !URL.canParse(asked.issuer)) throw new Error('--issuer is no address');
  } catch (error) {
    tell(`${reasonOf(error)}\n${signInUsage}`);
    return EXIT.misused;
  }
  if (asked.help === true || asked.issuer === undefined) {
    (asked.help === true ? print : tell)(signInUsage);
    return asked.help === true ? 0 : EXIT.misused;
  }
  const described = await describedBy(asked.issuer);
  const device = parsed(
    Device,
    described.device_authorization_endpoint,
    await ask(described.device_authorization_endpoint, {
      ...{ client_id: CONSOLE_CLIENT, scope: asked.scope },
      ...(asked.resource !== undefined && { resource: asked.resource }),
      ...(asked['step-up'] && { acr_values: STEPPED_UP }),
    }),
  );
  tell(`Open ${device.verification_uri_complete ?? device.verification_uri} and sign in.`);
  tell(`The code there has to be ${device.user_code}.`);
  const end = await polled(described.token_endpoint, device, world);
  if ('error' in end) {
    const { error, error_description: description } = end as z.output<typeof Refusal>;
    tell(REFUSALS[error] ?? `It was refused: ${error} ${description ?? ''}`.trim());
    return 1;
  }
  const { access_token: token, expires_in: seconds } = end;
  const expiresAt = new Date(world.nowMs() + seconds * 1_000).toISOString();
  print(asked.json ? JSON.stringify({ ...end, expires_at: expiresAt }) : token);
  return 0;
}
