import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { UnsupportedResponseMode, UnsupportedResponseType } from 'oidc-provider/lib/helpers/errors.js';
import internals from 'oidc-provider/lib/helpers/weak_cache.js';
import { Provider } from 'oidc-provider/lib/provider.js';
import { KEYS_KEPT_SECONDS } from '#domain/kernel/ports/tokens.ts';
import { readsAsMeant } from './asked.ts';
import { isSecretOf } from './clients.ts';
import { configurationOf } from './configuration.ts';
import { nameFor, namesOf } from './cookies.ts';
import { takesHintsOfKeysOfBefore } from './hints.ts';
import { type Kept, keeping } from './keeping.ts';
import { languageOf } from './languages.ts';
import { SIGN_IN_ANEW } from './policy.ts';
import { formsOfTheirOwn, passOnWhoeverIsOut } from './session-forms.ts';
import { namesAsRecorded, type RecordedSessions, recordedSessions } from './sessions.ts';
import { aboutSigned } from './signed-tokens.ts';
import type { NamedKey, ProviderOptions } from './surroundings.ts';

/** The provider of tokens, by whichever keys there are now. */
export interface TokenProvider {
  readonly issuer: string;
  readonly kept: Kept;
  readonly sessions: RecordedSessions;
  /** By the keys of this moment. */
  now(): Provider;
  /** Answers a request that is one of its routes. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** What a connection ends with that the other side has closed; the provider has no others. */
const HUNG_UP: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'ECONNABORTED'];

/** What the library says of itself in each case, and is not here. */
const ANNOUNCED = {
  response_modes_supported: ['query'],
  prompt_values_supported: ['none', 'login', 'consent', ...SIGN_IN_ANEW],
};

/** Others are put into a page with a script, or behind a `#`: whoever asks for one is told so by their address. */
function answersByQueryAlone(provider: Provider): void {
  const { responseModes } = internals(provider);
  const byQuery = responseModes.get('query');
  for (const mode of [...responseModes.keys()]) if (mode !== 'query') responseModes.delete(mode);
  const { error: noMode } = new UnsupportedResponseMode();
  const { error, error_description } = new UnsupportedResponseType();
  // A type that has tokens in it is looked at by how it would be answered before it is looked at itself, and refused by that way.
  responseModes.get = (mode) =>
    mode === 'query'
      ? byQuery
      : (context, redirectUri, said) =>
          byQuery?.(context, redirectUri, {
            ...said,
            ...('error' in said && said.error === noMode && { error, error_description }),
          });
}

/** A script in a page, which ours never have: theirs lie in a file. */
const INLINE_SCRIPT = /<script(?![^>]*\bsrc=)/;

/** A form that would send itself by a script is sent by whoever reads it. */
function formOf(context: KoaContextWithOIDC): string | undefined {
  const { route, params } = context.oidc;
  const page = String(context.body);
  if (route !== 'code_verification' || !INLINE_SCRIPT.test(page)) return undefined;
  const [hidden = ''] = /<input type="hidden" name="xsrf" value="[^"<>]*"\/>/.exec(page) ?? [];
  const code = String(params?.user_code ?? '').replaceAll(/[^A-Za-z0-9-]/g, '');
  return `<form id="op.deviceInputForm" method="post" action="${context.oidc.urlFor('code_verification')}">${hidden}<input value="${code}" type="text" name="user_code"/></form>`;
}

function madePage(context: KoaContextWithOIDC, { pages }: ProviderOptions): void {
  if (context.type !== 'text/html') return;
  const form = formOf(context);
  const language = languageOf(context.req, context.oidc.params?.ui_locales);
  if (form !== undefined) context.body = pages.deviceCode({ form, language });
  for (const [name, value] of Object.entries(pages.headers())) context.set(name, value);
}

/** What a form of ours is answered by, or leads to. */
const BEHIND_FORMS: readonly (string | undefined)[] = ['resume', 'end_session', 'end_session_confirm'];
/** What answers with pages here. Whatever else is at our origin belongs to a system. */
const OURS = ['/oidc/', '/sign-in/', '/account/'];

/**
 * Nobody knows where the address of a system redirects to, and the one of an app is at no origin: what the policy of a form would be held
 * against is answered by a page, which begins anew. Its button leads to the very address, which is the one that was registered.
 */
function leaving(context: KoaContextWithOIDC, { publicUrl, pages }: ProviderOptions): void {
  const to: string | undefined = context.response.get('Location');
  if (!to || !BEHIND_FORMS.includes(context.oidc.route)) return;
  const { origin, pathname } = new URL(to, publicUrl);
  if (origin === publicUrl && OURS.some((path) => pathname.startsWith(path))) return;
  context.remove('Location');
  context.status = 200;
  context.type = 'html';
  context.body = pages.leaving({ to, language: languageOf(context.req, context.oidc.params?.ui_locales) });
}

/** The library knows one sign-in of a browser; ours has a cookie for each, and loses it when it is over. */
function cookiesOf(provider: Provider, { publicUrl }: ProviderOptions) {
  const names = namesOf(publicUrl.startsWith('https:'));
  const called = provider.cookieName.bind(provider);
  return {
    cookieName(type: 'session' | 'interaction' | 'resume'): string {
      const uid = Provider.ctx?.oidc.entities.Interaction?.uid;
      return type === 'interaction' && uid !== undefined ? nameFor(names.interaction, uid) : called(type);
    },
    forget({ cookies, oidc, path }: KoaContextWithOIDC): void {
      if (oidc.route !== 'resume' && oidc.route !== 'device_resume') return;
      const [, uid = ''] = /\/([\w-]+)$/.exec(path) ?? [];
      cookies.set(nameFor(names.interaction, uid), null, { path: '/', signed: true, httpOnly: true });
    },
  };
}

function made(
  options: ProviderOptions,
  kept: Kept,
  sessions: RecordedSessions,
  keys: readonly NamedKey[],
): Provider {
  const { publicUrl, path, log, allowedOrigin } = options;
  const provider = new Provider(`${publicUrl}${path}`, configurationOf(options, kept, sessions, keys));
  // What it is told of addresses is written by whoever hands on a request to it, and by nobody outside.
  provider.proxy = true;
  answersByQueryAlone(provider);
  takesHintsOfKeysOfBefore(provider, keys);
  readsAsMeant(provider, publicUrl);
  const { cookieName, forget } = cookiesOf(provider, options);
  Object.assign(provider, { cookieName });
  Object.assign(provider.Client.prototype, {
    compareClientSecret(this: { clientSecret?: string }, given: unknown) {
      return isSecretOf(this.clientSecret, given);
    },
  });
  namesAsRecorded(provider);
  formsOfTheirOwn(provider, options.sealing);
  provider.use(async (koa, next) => {
    const context = koa as unknown as KoaContextWithOIDC;
    await next();
    if (context.oidc === undefined) return;
    forget(context);
    if (!(await kept.settle(context))) {
      context.status = 400;
      context.body = { error: 'invalid_grant', error_description: 'grant request is invalid' };
    }
    await aboutSigned(context, options, kept);
    passOnWhoeverIsOut(context);
    leaving(context, options);
    madePage(context, options);
    if (context.oidc.route === 'jwks') context.set('Cache-Control', `public, max-age=${KEYS_KEPT_SECONDS}`);
    if (context.oidc.route === 'discovery') Object.assign(context.body as object, ANNOUNCED);
    const origin = context.get('Origin');
    if (origin !== '' && !allowedOrigin(origin, context.host)) context.remove('Access-Control-Allow-Origin');
  });
  provider.on('server_error', (context, error) => {
    log.error({ err: error, route: context.oidc?.route }, 'the provider of tokens failed');
  });
  // What Koa itself has to say goes to our log, too. Whoever hangs up is no failure of ours.
  const koa: { on(event: 'error', listener: (error: Error & { code?: unknown }) => void): unknown } =
    provider as never;
  koa.on('error', (error) => {
    if (HUNG_UP.includes(error.code)) log.info({ reason: error.message }, 'whoever asked for tokens hung up');
    else log.error({ err: error }, 'the provider of tokens failed');
  });
  return provider;
}

/** @throws Error where no key can sign */
export function tokenProvider(options: ProviderOptions): TokenProvider {
  const { publicUrl, path, keys, addressOf } = options;
  const sessions = recordedSessions(options);
  const kept = keeping(options, sessions);
  const { host, protocol } = new URL(publicUrl);
  const start = (ring: readonly NamedKey[]) => {
    const provider = made(options, kept, sessions, ring);
    return { provider, callback: provider.callback() };
  };
  let current = start(keys.current());
  keys.onChange((ring) => {
    if (ring[0]?.d !== undefined) current = start(ring);
  });

  /** It reads from headers where it is: they say what we know, whatever whoever asks has made up. */
  function placed(request: IncomingMessage): void {
    Object.assign(request.headers, {
      host,
      'x-forwarded-host': host,
      'x-forwarded-proto': protocol.slice(0, -1),
      'x-forwarded-for': addressOf(request) ?? '',
    });
  }
  return {
    issuer: `${publicUrl}${path}`,
    kept,
    sessions,
    now: () => current.provider,
    async handle(request, response) {
      placed(request);
      const whole = request.url ?? '/';
      Object.assign(request, { originalUrl: whole, url: whole.slice(path.length) || '/' });
      await current.callback(request, response);
    },
  };
}

/** For what looks at cookies outside of the provider's own routes: over TLS, where people come by that. */
export function placedAt(request: IncomingMessage, { publicUrl }: Pick<ProviderOptions, 'publicUrl'>): void {
  const { host, protocol } = new URL(publicUrl);
  Object.assign(request.headers, { 'x-forwarded-host': host, 'x-forwarded-proto': protocol.slice(0, -1) });
}
