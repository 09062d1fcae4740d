import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import * as errors from 'oidc-provider/lib/helpers/errors.js';
import { AS_OF, STEPPED_UP } from '#domain/kernel/ports/tokens.ts';
import type { DeviceProblem } from '../sign-ins.ts';
import { accountsOf, lastWords, tokenClaims } from './claims.ts';
import { idsOf, nameFor, namesOf, surplus } from './cookies.ts';
import type { Kept } from './keeping.ts';
import { languageOf } from './languages.ts';
import { OWN_CLIENT } from './own-client.ts';
import { pathFor, policy } from './policy.ts';
import { askAnew } from './session-forms.ts';
import type { RecordedSessions } from './sessions.ts';
import { lifetimes, type NamedKey, type ProviderOptions, SCOPES } from './surroundings.ts';

const PROBLEMS: Readonly<Record<string, DeviceProblem>> = {
  NotFoundError: 'unknown_code',
  AlreadyUsedError: 'unknown_code',
  ExpiredError: 'expired',
  AbortedError: 'aborted',
  NoCodeError: 'no_code',
};
/** What is wrong with a form is no fault of the code in it. */
const problemOf = (error: Error): DeviceProblem =>
  PROBLEMS[error.name] ?? (error instanceof errors.InvalidRequest ? 'form_over' : 'failed');

/** Our own pages need nobody's leave. */
async function loadGrant(context: KoaContextWithOIDC) {
  const { result, session, client, account, provider } = context.oidc;
  if (client === undefined) return undefined;
  const id = result?.consent?.grantId ?? session?.grantIdFor(client.clientId);
  const found = id === undefined ? undefined : await provider.Grant.find(id);
  if (found !== undefined || client.clientId !== OWN_CLIENT || account === undefined) return found;
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope('openid');
  for (const resource of Object.keys(context.oidc.resourceServers ?? {}))
    grant.addResourceScope(resource, 'openid');
  await grant.save();
  return grant;
}

function pagesFor({ pages }: ProviderOptions): Pick<Configuration, 'renderError' | 'features'> {
  const nameOf = (client: { clientName?: string | undefined; clientId: string } | undefined) =>
    client?.clientName ?? client?.clientId ?? '';
  function show(context: KoaContextWithOIDC, page: string): void {
    context.type = 'html';
    context.body = page;
  }
  const language = (context: KoaContextWithOIDC) => languageOf(context.req, context.oidc?.params?.ui_locales);
  function showOver(context: KoaContextWithOIDC): void {
    const isSignedIn = context.oidc?.session?.accountId !== undefined;
    const over = { why: 'over', again: undefined, isSignedIn } as const;
    show(context, pages.notSignedIn({ language: language(context), ...over }));
  }
  return {
    async renderError(context, out, error) {
      if (context.accepts('json', 'html') !== 'html') {
        context.body = out;
        return;
      }
      if (error instanceof errors.SessionNotFound) return showOver(context);
      if (error instanceof errors.InvalidRequest && context.oidc?.route === 'end_session_confirm')
        return askAnew(context);
      const { error: code, error_description: description } = out;
      show(context, pages.problem({ language: language(context), code, description }));
    },
    features: {
      deviceFlow: {
        enabled: true,
        userCodeInputSource(context, form, _out, error) {
          const { session } = context.oidc;
          const isKept = session?.exp !== undefined;
          // The library has put something into a session that it has not kept, and would fail to keep it now.
          if (session !== undefined && !isKept && error !== undefined)
            Object.assign(session, { touched: false });
          // Nobody can send a form in a session that is not kept.
          if (error instanceof errors.SessionNotFound || (error !== undefined && !isKept))
            return showOver(context);
          const problem = error && problemOf(error);
          const typed = context.oidc.params?.user_code;
          const isOfCode = error !== undefined && error.name in PROBLEMS;
          const code = isOfCode || typeof typed !== 'string' ? undefined : typed;
          show(context, pages.deviceCode({ form, language: language(context), problem, code }));
        },
        userCodeConfirmSource(context, form, client, _device, code) {
          show(
            context,
            pages.deviceConfirm({ form, language: language(context), client: nameOf(client), code }),
          );
        },
        successSource(context) {
          const client = nameOf(context.oidc.client);
          show(context, pages.deviceDone({ language: language(context), client }));
        },
        deviceInfo: () => ({}),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => show(context, pages.signOut({ form, language: language(context) })),
        async postLogoutSuccessSource(context) {
          const { accountId } = await context.oidc.provider.Session.get(context);
          show(
            context,
            pages.signedOut({ language: language(context), isSignedIn: accountId !== undefined }),
          );
        },
      },
    },
  };
}

/** What a system may do with tokens of its own, and with nobody else's. */
const ownAlone = (
  _: unknown,
  client: { clientId: string },
  token: { clientId?: string | undefined },
): boolean => token.clientId === client.clientId;

/** What there is of the library, and what is not. */
function featuresOf({ publicUrl, audience }: ProviderOptions, keys: readonly NamedKey[]): object {
  const [signs] = keys;
  return {
    devInteractions: { enabled: false },
    // The API does not ask for the proof that such tokens are bound to.
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    userinfo: { enabled: false },
    backchannelLogout: { enabled: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: ownAlone },
    revocation: { enabled: true, allowedPolicy: ownAlone },
    resourceIndicators: {
      enabled: true,
      defaultResource: async (_: unknown, __: unknown, oneOf?: readonly string[]) => oneOf?.[0] ?? publicUrl,
      useGrantedResource: async () => true,
      async getResourceServerInfo(_: unknown, resource: string) {
        if (resource !== publicUrl) throw new errors.InvalidTarget();
        return {
          scope: SCOPES.join(' '),
          audience,
          accessTokenTTL: lifetimes.accessToken,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'EdDSA', ...(signs?.kid !== undefined && { kid: signs.kid }) } },
        };
      },
    },
  };
}

/** Scopes by which a token says something by itself. */
const TELLING = SCOPES.filter((scope) => scope !== 'offline_access');
/** Who asks for nothing that there is would have somebody sign in, and be given nothing for it (RFC 6749 3.3). */
function usableScope(_: unknown, scope: string | undefined): void {
  if (scope?.split(' ').some((one) => TELLING.includes(one))) return;
  throw new errors.InvalidScope(`scope has to name ${TELLING.join(' or ')}`, scope ?? '');
}

const COOKIE = { httpOnly: true, sameSite: 'lax', signed: true, path: '/' } as const;

/** Where a sign-in is asked for. Too many that a browser has begun, and left, would fill each of its requests: the oldest make room. */
const signInUrl =
  (kind: string) =>
  (
    { cookies, req }: KoaContextWithOIDC,
    { uid, prompt }: { readonly uid: string; readonly prompt: { readonly name: string } },
  ): string => {
    for (const old of surplus(idsOf(req, kind))) cookies.set(nameFor(kind, old), null, COOKIE);
    return pathFor(prompt.name, uid);
  };

/** @param keys of each kind the first signs, those for Ed25519 before others: access tokens are signed by these alone */
export function configurationOf(
  options: ProviderOptions,
  kept: Kept,
  sessions: RecordedSessions,
  keys: readonly NamedKey[],
): Configuration {
  const { publicUrl, cookieKey, allowedOrigin } = options;
  const { renderError, features } = pagesFor(options);
  const names = namesOf(publicUrl.startsWith('https:'));
  return {
    adapter: (kind: string) => kept.adapter(kind),
    // Only what can sign is shown: the provider takes no other.
    jwks: { keys: keys.filter(({ d }) => d !== undefined) as never },
    findAccount: accountsOf(options, sessions),
    extraTokenClaims: tokenClaims(options),
    formats: { customizers: { jwt: lastWords } },
    loadExistingGrant: loadGrant,
    acrValues: [STEPPED_UP],
    scopes: [...SCOPES],
    extraParams: { scope: usableScope },
    claims: {
      acr: null,
      sid: null,
      auth_time: null,
      iss: null,
      openid: ['sub'],
      email: ['email', 'email_verified'],
    },
    responseTypes: ['code'],
    pkce: { required: () => true },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    extraClientMetadata: { properties: [AS_OF] },
    // Whoever says nothing goes on as before, whichever keys there are.
    clientDefaults: { id_token_signed_response_alg: 'EdDSA' },
    // Those of them that a key is there for.
    enabledJWA: { idTokenSigningAlgValues: ['EdDSA', 'RS256'] },
    allowOmittingSingleRegisteredRedirectUri: false,
    clientBasedCORS: (context, origin) => allowedOrigin(origin, context.host),
    cookies: {
      names: { session: names.session, interaction: names.interaction, resume: names.resume },
      keys: [cookieKey],
      long: { ...COOKIE },
      short: { ...COOKIE },
    },
    interactions: { policy: policy(options), url: signInUrl(names.interaction) },
    rotateRefreshToken: true,
    issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
    // Whatever was given in a session is looked up only as long as that is open.
    expiresWithSession: async () => false,
    ttl: {
      AccessToken: lifetimes.accessToken,
      AuthorizationCode: lifetimes.authorizationCode,
      ClientCredentials: lifetimes.accessToken,
      DeviceCode: lifetimes.deviceCode,
      Grant: lifetimes.longest,
      IdToken: lifetimes.idToken,
      Interaction: lifetimes.interaction,
      RefreshToken: lifetimes.refreshToken,
      Session: (_, { accountId }) =>
        accountId === undefined ? lifetimes.strangersSession : lifetimes.session,
    },
    renderError,
    // Nobody is reached from here: who is to be told of an end is told by whoever follows what is recorded.
    fetch: async () => new Response(null, { status: 204 }),
    // Each is checked where it is written; together they are more than its types can tell apart.
    features: { ...features, ...featuresOf(options, keys) } as never,
  };
}
