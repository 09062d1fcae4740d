import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { STEPPED_UP } from '#domain/kernel/ports/tokens.ts';
import { JSON_TYPE } from './customer.ts';
import { until } from './until.ts';
import { type Page, Visitor } from './visitor.ts';

// People as they come from outside: they register, follow links in mails, sign in by the pages, and have tokens of the platform's own.

export const PASSWORD = 'lighthouse meadow copper';

interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
}

/** Why it is refused, over REST or by GraphQL. */
export const codeOf = ({ body }: Answer): unknown =>
  body.code ?? (body.errors as { extensions: { code: string } }[] | undefined)?.[0]?.extensions.code;

/** A system that people come in by; it answers to nobody. */
export interface System {
  readonly client: string;
  readonly secret: string | undefined;
  readonly redirectUri: string;
}

const linkIn = ({ text }: Mail): URL | undefined =>
  URL.parse(/https?:\/\/\S+/.exec(text)?.[0] ?? '') ?? undefined;

/**
 * @param url of the platform
 * @param from what a proxy before it says of where they come from
 * @param inside where it is asked for what only development has, which a gateway at `url` keeps from everybody
 */
export function peopleOf(url: string, from: Readonly<Record<string, string>> = {}, inside = url) {
  async function send(
    path: string,
    body: object | undefined,
    token?: string,
    method = body === undefined ? 'GET' : 'POST',
  ): Promise<Answer> {
    const response = await fetch(new URL(path, path.startsWith('/dev/') ? inside : url), {
      method,
      headers: { ...JSON_TYPE, ...from, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const { status, headers } = response;
    return { status, headers, body: isJson ? (JSON.parse(text) as Answer['body']) : { text } };
  }
  const graphql = (query: string, token?: string) => send('/graphql', { query }, token);

  async function mailsTo(email: string): Promise<readonly Mail[]> {
    const { body } = await send('/dev/outbox', undefined);
    return (body.mails as readonly Mail[]).filter(({ to }) => to === email);
  }
  /** The newest mail to somebody whose link has this path. */
  const mailTo = (email: string, path: string): Promise<URL> =>
    until(async () => {
      const links = (await mailsTo(email)).map(linkIn);
      return links.find((link) => link?.pathname === path);
    }, `a mail to ${email} with a link to ${path}`);

  async function devToken(sub: string, ...roles: readonly string[]): Promise<string> {
    return String((await send('/dev/tokens', { sub, roles })).body.token);
  }

  async function register(email: string, password = PASSWORD): Promise<void> {
    const { status } = await send('/accounts/registrations', { email, password });
    assert.equal(status, 202);
    const token = (await mailTo(email, '/account/verify')).searchParams.get('token');
    const verified = await send('/accounts/email-verifications', { token, password });
    assert.equal(verified.status, 204, JSON.stringify(verified.body));
  }

  async function system(client: string, more: object = {}): Promise<System> {
    const redirectUri = 'http://127.0.0.1:9/callback';
    const told = await send(
      '/accounts/clients',
      {
        ...{ client, name: `The ${client}`, confidential: false, redirectUris: [redirectUri] },
        ...{ grantTypes: ['authorization_code', 'refresh_token'], ...more },
      },
      await devToken('ada', 'admin'),
    );
    assert.equal(told.status, 201, JSON.stringify(told.body));
    const secret = told.body.secret as string | undefined;
    return { client, secret, redirectUri };
  }

  /** Where a system sends a browser, and what it keeps for itself. */
  function authorization({ client, redirectUri }: System, more: Readonly<Record<string, string>> = {}) {
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const asked = new URL('/oidc/auth', url);
    asked.search = new URLSearchParams({
      ...{ client_id: client, redirect_uri: redirectUri, response_type: 'code', scope: 'openid' },
      ...{ code_challenge: challenge, code_challenge_method: 'S256', state: 'state', ...more },
    }).toString();
    return { asked, verifier };
  }

  async function token(form: Readonly<Record<string, string>>, { client, secret }: System): Promise<Answer> {
    const response = await fetch(new URL('/oidc/token', url), {
      method: 'POST',
      headers:
        secret === undefined
          ? {}
          : { authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ ...form, ...(secret === undefined && { client_id: client }) }),
    });
    const body = (await response.json()) as Answer['body'];
    return { status: response.status, headers: response.headers, body };
  }

  /** Through whatever pages there are until the browser is back at the system. */
  async function through(
    visitor: Visitor,
    first: Page,
    answers: Readonly<Record<string, string>>,
  ): Promise<string> {
    let page = first;
    for (let pages = 0; visitor.leftFor === undefined; pages++) {
      assert.ok(pages < 6, `still at ${page.url}: ${page.html}`);
      const [form] = page.forms.filter(({ names }) => names['current-password'] ?? names['one-time-code']);
      const wanted = Object.fromEntries(
        Object.entries(answers).filter(([by]) => form?.names[by] !== undefined || by in (form?.fields ?? {})),
      );
      page = await visitor.submit(page, wanted, form?.action.href ?? 'consent');
    }
    const code = visitor.leftFor.searchParams.get('code');
    return code ?? assert.fail(`there is no code in ${visitor.leftFor}`);
  }

  /** Signs somebody in by the pages; with another factor where `answers` has one. */
  async function signIn(
    by: System,
    email: string,
    {
      password = PASSWORD,
      answers = {},
      more = {},
      visitor = new Visitor(from),
    }: {
      readonly password?: string;
      readonly answers?: Readonly<Record<string, string>>;
      readonly more?: Readonly<Record<string, string>>;
      readonly visitor?: Visitor;
    } = {},
  ): Promise<Tokens> {
    const { asked, verifier } = authorization(by, more);
    const code = await through(visitor, await visitor.visit(asked), {
      ...{ username: email, 'current-password': password },
      ...answers,
    });
    const told = await token(
      { grant_type: 'authorization_code', code, redirect_uri: by.redirectUri, code_verifier: verifier },
      by,
    );
    assert.equal(told.status, 200, JSON.stringify(told.body));
    return told.body as unknown as Tokens;
  }

  return {
    ...{ send, graphql, mailsTo, mailTo, devToken, register, system, authorization, token, through, signIn },
    refresh: (refreshToken: string, by: System) =>
      token({ grant_type: 'refresh_token', refresh_token: refreshToken }, by),
    steppedUp: { acr_values: STEPPED_UP },
  };
}

export type People = ReturnType<typeof peopleOf>;
