import { z } from 'zod';

// Whoever asks the platform over HTTP, once. Who asks until there is an answer, and writes down what it was, stands at a counter
// (see counter.ts).

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const Body = z.record(z.string(), z.unknown());
const Health = z.object({
  status: z.string(),
  components: z.record(z.string(), z.object({ ready: z.boolean(), detail: z.string().optional() })),
});
export const JSON_TYPE = { 'content-type': 'application/json' } as const;

/** Longer than any answer takes; a question that is never answered fails its test. */
const PATIENCE_MS = 20_000;

/**
 * One request and its answer.
 *
 * @param over gives it up
 * @throws where either is lost on its way
 */
export async function exchange(
  url: string | URL,
  init: RequestInit = {},
  over?: AbortSignal,
): Promise<{ readonly status: number; readonly body: string }> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const signal = over === undefined ? patience : AbortSignal.any([over, patience]);
  const response = await fetch(url, { ...init, signal });
  return { status: response.status, body: await response.text() };
}

/** Posts JSON, and reads some. */
export async function ask(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const init = { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) };
  const answer = await exchange(url, init);
  return { status: answer.status, body: Body.parse(JSON.parse(answer.body)) };
}

export async function healthOf(url: string) {
  const { status, body } = await exchange(`${url}/health/ready`);
  return { httpStatus: status, ...Health.parse(JSON.parse(body)) };
}

export interface Customer {
  readonly authorization: string;
  /** Sends a command by its path, `wallets/open-wallet`; without an id the platform gives it one. */
  send(path: string, data: object, commandId?: string): Promise<Answer>;
  query(query: string, variables?: object): Promise<Answer>;
}

/** Somebody with a token of their own; tokens outlive the process that has issued them. */
export function customerAt(url: string, authorization: string): Customer {
  const headers = { authorization };
  return {
    authorization,
    send: (path, data, commandId) =>
      ask(`${url}/commands/${path}`, data, {
        ...headers,
        ...(commandId !== undefined && { 'idempotency-key': commandId }),
      }),
    query: (query, variables = {}) => ask(`${url}/graphql`, { query, variables }, headers),
  };
}

/** Development's tokens are for anybody. */
export async function signIn(
  url: string,
  sub: string,
  roles: readonly string[],
  hours = 12,
): Promise<Customer> {
  const { body } = await ask(`${url}/dev/tokens`, { sub, roles, hours });
  return customerAt(url, `Bearer ${body.token}`);
}

/** Opens a wallet in dollars. */
export const openWallet = (who: Customer, commandId: string): Promise<Answer> =>
  who.send('wallets/open-wallet', { currency: 'USD' }, commandId);
