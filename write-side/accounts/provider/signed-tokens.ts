import type { KoaContextWithOIDC } from 'oidc-provider';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import { GRANT } from '#domain/kernel/ports/tokens.ts';
import type { Kept } from './keeping.ts';
import { uidOf } from './sessions.ts';
import type { ProviderOptions } from './surroundings.ts';

interface Said {
  readonly sub?: string;
  readonly sid?: string;
  readonly exp?: number;
  readonly client_id?: string;
  readonly [GRANT]?: string;
}

/** Of a token that was verified. */
const claimsIn = (token: string): Said =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Said;

/** The claims of a token of ours that still holds and was given to this system. */
async function ownClaims(context: KoaContextWithOIDC, { tokens }: ProviderOptions) {
  const { client, params } = context.oidc;
  const token = String(params?.token ?? '');
  const identity = await tokens.verify(token);
  if (identity === undefined) return undefined;
  const claims = claimsIn(token);
  return claims.client_id === client?.clientId ? { claims } : undefined;
}

/**
 * The provider keeps no access tokens, and so neither tells of them nor revokes any. What they are worth is asked of whoever verifies
 * them; one that is revoked ends with all that its
 * system was let do in that session, which goes on for others, and what came by itself ends by itself.
 */
export async function aboutSigned(
  context: KoaContextWithOIDC,
  options: ProviderOptions,
  kept: Pick<Kept, 'leave' | 'isGranted'>,
): Promise<void> {
  const { route, client } = context.oidc;
  const body = context.body as { readonly error?: unknown } | undefined;
  if (client === undefined || body?.error !== 'unsupported_token_type') return;
  const own = await ownClaims(context, options);
  context.status = 200;
  if (route === 'introspection') {
    const isOpen = own !== undefined && (await stillOpen(own.claims, options, kept));
    context.body = isOpen ? { active: true, token_type: 'Bearer', ...own.claims } : { active: false };
    return;
  }
  context.body = '';
  const { sub, sid, [GRANT]: grant } = own?.claims ?? {};
  if (sub !== undefined && sid !== undefined && grant !== undefined)
    await kept.leave({ person: sub, uid: uidOf(sid), client: client.clientId, grant });
}

/** By what is recorded at this moment, whatever this process was told yet. */
async function stillOpen(
  { sub = '', sid, exp = 0, [GRANT]: grant }: Said,
  { known, clock }: ProviderOptions,
  kept: Pick<Kept, 'isGranted'>,
): Promise<boolean> {
  if (exp * 1_000 <= millisecondsOf(clock.now())) return false;
  if (typeof sid !== 'string') return true;
  if (grant !== undefined && !(await kept.isGranted(grant))) return false;
  const [account, open] = await Promise.all([known.account(sub), known.sessions(sub)]);
  return account?.phase === 'active' && open.some(({ session }) => session === sid);
}
