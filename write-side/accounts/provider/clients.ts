import { createHash, timingSafeEqual } from 'node:crypto';
import type { ClientMetadata } from 'oidc-provider';
import type { RandomBytes } from '#domain/kernel/ports/facts.ts';
import { AS_OF } from '#domain/kernel/ports/tokens.ts';
import { nameOfHouse } from '#runtime/house.ts';
import type { Known, KnownClient } from '../known.ts';
import { CALLBACK_PATH, CONSOLE_CLIENT, OWN_CLIENT } from './own-client.ts';
import type { ProviderOptions } from './surroundings.ts';

/** As OAuth calls them. */
const GRANT_TYPES: Readonly<Record<KnownClient['grantTypes'][number], string>> = {
  authorization_code: 'authorization_code',
  refresh_token: 'refresh_token',
  client_credentials: 'client_credentials',
  device_code: 'urn:ietf:params:oauth:grant-type:device_code',
};
const SECRET_BYTES = 32;

const digest = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/** A secret of 256 bits by chance is guessed by nobody: a fast hash verifies it. */
export function newSecret(randomBytes: RandomBytes): { readonly secret: string; readonly verifier: string } {
  const secret = Buffer.from(randomBytes(SECRET_BYTES)).toString('base64url');
  return { secret, verifier: `sha256:${digest(secret)}` };
}

/** Whether this is the secret that a verifier was made of; in a time that tells nothing. */
export function isSecretOf(verifier: unknown, secret: unknown): boolean {
  if (typeof verifier !== 'string' || typeof secret !== 'string') return false;
  const [wanted, given] = [Buffer.from(verifier), Buffer.from(`sha256:${digest(secret)}`)];
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

const isWeb = (uri: string): boolean => /^https?:/.test(uri);
/** An app of the desktop listens at whichever port is free (RFC 8252, 7.3). */
const isLoopback = (uri: string): boolean => /^http:\/\/(127\.0\.0\.1|\[::1\])(:\d+)?(\/|$)/.test(uri);

/** What runs on people's own machines, and so keeps no secret: its port is passed over at loopback addresses, and people are asked each time. */
function isNative({ client, verifier, redirectUris, postLogoutRedirectUris }: KnownClient): boolean {
  // Our own pages are on this machine in development.
  if (client === OWN_CLIENT) return false;
  if (!redirectUris.every(isWeb)) return true;
  // A web client beside: the library would take neither its plain http nor its https.
  const isOfApps = [...redirectUris, ...postLogoutRedirectUris].every(
    (uri) => isLoopback(uri) || isAway(uri),
  );
  return verifier === undefined && isOfApps && redirectUris.some(isLoopback);
}

/** By https, and not on this machine. */
const isAway = (uri: string): boolean => {
  const url = URL.parse(uri);
  return url?.protocol === 'https:' && !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
};

function metadata(known: KnownClient, idTokenSignedResponseAlg?: 'EdDSA' | 'RS256'): ClientMetadata {
  const { client, revision, name, verifier, grantTypes, redirectUris } = known;
  const { postLogoutRedirectUris, backchannelLogoutUri } = known;
  return {
    client_id: client,
    client_name: name,
    [AS_OF]: revision,
    grant_types: grantTypes.map((type) => GRANT_TYPES[type]),
    redirect_uris: [...redirectUris],
    response_types: grantTypes.includes('authorization_code') ? ['code'] : [],
    response_modes: ['query'],
    application_type: isNative(known) ? 'native' : 'web',
    post_logout_redirect_uris: [...postLogoutRedirectUris],
    ...(idTokenSignedResponseAlg !== undefined && { id_token_signed_response_alg: idTokenSignedResponseAlg }),
    ...(backchannelLogoutUri !== undefined && {
      backchannel_logout_uri: backchannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
    ...(verifier === undefined
      ? { token_endpoint_auth_method: 'none' as const }
      : { token_endpoint_auth_method: 'client_secret_basic' as const, client_secret: verifier }),
  };
}

/** What systems have in common that are parts of the platform. */
const OWN = {
  ...{ revision: 0, verifier: undefined, roles: [], keepers: [] },
  ...{ postLogoutRedirectUris: [], backchannelLogoutUri: undefined },
};

interface KeyKind {
  readonly kty?: string | undefined;
  readonly d?: string | undefined;
}

/** Whether one of these can sign by RSA. */
export const signByRsa = (keys: readonly KeyKind[]): boolean =>
  keys.some(({ kty, d }) => kty === 'RSA' && d !== undefined);

/** A system as the provider wants it; undefined: there is none. */
export async function clientOf(
  id: string,
  of: Pick<ProviderOptions, 'publicUrl' | 'consoleSignIn' | 'house'> & {
    readonly known: Pick<Known, 'client'>;
    readonly keys: { current(): readonly KeyKind[] };
  },
): Promise<ClientMetadata | undefined> {
  const { known, publicUrl, house, consoleSignIn, keys } = of;
  if (id === OWN_CLIENT) {
    const redirectUris = [`${publicUrl}${CALLBACK_PATH}`];
    return metadata({
      ...OWN,
      client: id,
      name: nameOfHouse(house),
      grantTypes: ['authorization_code'],
      redirectUris,
    });
  }
  if (id === CONSOLE_CLIENT) {
    if (!consoleSignIn) return undefined;
    const grantTypes = ['device_code', 'refresh_token'] as const;
    return metadata({
      ...OWN,
      client: id,
      name: `${nameOfHouse(house)} (console)`,
      grantTypes,
      redirectUris: [],
    });
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(id)) return undefined;
  const client = await known.client(id);
  if (client === undefined) return undefined;
  const { idTokenSignedResponseAlg: wanted } = client;
  // Where the key is gone the system goes on with what needs no ID token, and is told of ends: the library would not know it at all.
  return metadata(client, wanted === 'RS256' && !signByRsa(keys.current()) ? 'EdDSA' : wanted);
}
