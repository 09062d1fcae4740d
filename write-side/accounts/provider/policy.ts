import type { KoaContextWithOIDC } from 'oidc-provider';
import * as errors from 'oidc-provider/lib/helpers/errors.js';
import { base, Check } from 'oidc-provider/lib/helpers/interaction_policy/index.js';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import { STEPPED_UP } from '#domain/kernel/ports/tokens.ts';
import { isSteppedUp } from './stepped-up.ts';
import type { ProviderOptions } from './surroundings.ts';

/** Whether a system wants somebody to have proven just before who they are (RFC 9470). */
const wantsStepUp = (context: KoaContextWithOIDC): boolean =>
  String(context.oidc.params?.acr_values ?? '')
    .split(' ')
    .includes(STEPPED_UP);

/** What is asked of people, and when. */
export function policy({ known, clock }: Pick<ProviderOptions, 'known' | 'clock'>) {
  const prompts = base();
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
