import type Provider from 'oidc-provider';
import type { Account, FindAccount, KoaContextWithOIDC } from 'oidc-provider';
import * as errors from 'oidc-provider/lib/helpers/errors.js';
import { clientSubject } from '#domain/accounts/ids.ts';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import { AS_OF, GRANT, STEPPED_UP } from '#domain/kernel/ports/tokens.ts';
import { browserName } from './browser-names.ts';
import { records } from './records.ts';
import type { RecordedSessions } from './sessions.ts';
import { sessionOf } from './sessions.ts';
import { isSteppedUp, type Proof } from './stepped-up.ts';
import type { Proven, ProviderOptions } from './surroundings.ts';

/** Opens the session of somebody who has just come in: recorded before their browser goes on. @throws AccessDenied */
async function entered(
  context: KoaContextWithOIDC,
  person: string,
  { addressOf }: ProviderOptions,
  sessions: RecordedSessions,
): Promise<void> {
  const { session, client, result } = context.oidc;
  if (session === undefined || client === undefined) return;
  const { provenAtMs = 0 } = (result ?? {}) as Partial<Proven>;
  const address = addressOf(context.req);
  const refused = await sessions.open({
    person,
    uid: session.uid,
    client: client.clientId,
    address,
    browser: browserName(context.req.headers['user-agent']),
    provenAtMs,
  });
  if (refused === undefined) return;
  await session.destroy();
  throw new errors.AccessDenied(undefined, refused.code);
}

/** Whom a token or a session stands for, as far as they may still come in. */
export function accountsOf(options: ProviderOptions, sessions: RecordedSessions): FindAccount {
  const { known } = options;
  return async (context, person): Promise<Account | undefined> => {
    const account = await known.account(person);
    if (account?.phase !== 'active') return undefined;
    const { result } = context.oidc;
    if (result?.login?.accountId === person) await entered(context, person, options, sessions);
    return {
      accountId: person,
      async claims() {
        const { email, emailVerified } = account;
        return { sub: person, ...(email !== undefined && { email, email_verified: emailVerified }) };
      },
    };
  };
}

/** Of a system: as it was known when its secret was looked at. Another one may stand by now, and voids what the former opens in this moment. */
const provenAsOf = ({ oidc: { client } }: KoaContextWithOIDC): unknown => client?.[AS_OF];

/** What an access token says besides whom it stands for: read anew for each. */
export function tokenClaims(options: ProviderOptions) {
  const { known, clock } = options;
  const { grant } = records(options);
  return async (
    context: KoaContextWithOIDC,
    token: InstanceType<Provider['AccessToken']> | InstanceType<Provider['ClientCredentials']>,
  ) => {
    if (token.kind === 'ClientCredentials') {
      const client = await known.client(token.clientId ?? '');
      const { roles = [], keepers = [] } = client ?? {};
      return { roles: [...roles], keepers: [...keepers], [AS_OF]: provenAsOf(context) };
    }
    const { accountId = '', sessionUid, grantId } = token as InstanceType<Provider['AccessToken']>;
    const { AuthorizationCode, DeviceCode, RefreshToken } = context.oidc.entities;
    const proof: Proof = AuthorizationCode ?? DeviceCode ?? RefreshToken ?? {};
    const account = await known.account(accountId);
    if (account?.phase !== 'active') throw new errors.InvalidGrant('nobody comes in by it any more');
    const { rolesEndAt } = account;
    return {
      roles: [...account.roles],
      ...(rolesEndAt !== undefined && { [ROLES_END]: Math.floor(millisecondsOf(rolesEndAt) / 1_000) }),
      [AS_OF]: account.revision,
      ...(sessionUid !== undefined && { sid: sessionOf(sessionUid) }),
      ...(grantId !== undefined && { [GRANT]: grant(grantId) }),
      ...(proof.authTime !== undefined && { auth_time: proof.authTime }),
      ...(proof.amr !== undefined && { amr: proof.amr }),
      ...(isSteppedUp(proof, account, millisecondsOf(clock.now())) && { acr: STEPPED_UP }),
    };
  };
}

/** In seconds, between what is said of a token and its being signed: the library has its own end for it. */
const ROLES_END = 'roles_end';

/**
 * A system that comes in by itself is nobody: no person is called as it is, whatever it is called. And a token of somebody whose role ends
 * by itself ends with it, however long others last.
 */
export function lastWords(
  _: KoaContextWithOIDC,
  token: { readonly kind: string; readonly clientId?: string | undefined },
  jwt: { readonly payload: Record<string, unknown> },
): void {
  const { payload } = jwt;
  if (token.kind === 'ClientCredentials') payload.sub = clientSubject(token.clientId ?? '');
  const { exp, [ROLES_END]: end } = payload;
  if (typeof exp === 'number' && typeof end === 'number') payload.exp = Math.min(exp, end);
  delete payload[ROLES_END];
}
