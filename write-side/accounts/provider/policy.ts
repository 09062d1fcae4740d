import type { KoaContextWithOIDC } from 'oidc-provider';
import * as errors from 'oidc-provider/lib/helpers/errors.js';
import { base, Check, Prompt } from 'oidc-provider/lib/helpers/interaction_policy/index.js';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import { STEPPED_UP } from '#domain/kernel/ports/tokens.ts';
import { isSteppedUp } from './stepped-up.ts';
import type { ProviderOptions } from './surroundings.ts';

/** Whether a system wants somebody to have proven just before who they are (RFC 9470). */
const wantsStepUp = (context: KoaContextWithOIDC): boolean =>
  String(context.oidc.params?.acr_values ?? '')
    .split(' ')
    .includes(STEPPED_UP);

/**
 * What a system may ask that somebody signs in for, beside `login`, which asks whoever is signed in whether it is they: as whoever they like
 * (OpenID Connect Core 3.1.2.1), or by a new account (Initiating User Registration 1.0).
 */
export const SIGN_IN_ANEW = ['select_account', 'create'] as const;

/** Where they are asked. */
export const pathFor = (prompt: string, uid: string): string =>
  prompt === 'create' ? '/account/register' : `/sign-in/${uid}`;

/** What is asked of people, and when. */
export function policy({ known, clock }: Pick<ProviderOptions, 'known' | 'clock'>) {
  const prompts = base();
  // Before all else: who comes in so has signed in, and is asked for nothing of that once more.
  for (const name of SIGN_IN_ANEW) prompts.add(new Prompt({ name, requestable: true }), 0);
  prompts.get('login')?.checks.add(
    new Check('gone', 'End-User may not come in any more', 'access_denied', ({ oidc }) => {
      // Locked since their session was looked at: the library would go on without an account, and fail.
      if (oidc.session?.accountId !== undefined && oidc.entities.Account === undefined)
        throw new errors.AccessDenied(undefined, 'nobody comes in by it any more');
      return false;
    }),
  );
  prompts.get('login')?.checks.add(
    new Check(
      'stepped_up',
      'End-User has to prove once more who they are',
      'unmet_authentication_requirements',
      async (context) => {
        const { session, result } = context.oidc;
        if (!wantsStepUp(context) || session?.accountId === undefined || result?.login !== undefined)
          return false;
        const { acr, amr, loginTs: authTime, accountId } = session;
        return !isSteppedUp(
          { acr, amr, authTime },
          await known.account(accountId),
          millisecondsOf(clock.now()),
        );
      },
    ),
  );
  return prompts;
}
