import * as errors from 'oidc-provider/lib/helpers/errors.js';
import { Provider } from 'oidc-provider/lib/provider.js';
import { z } from 'zod';
import type { NamedKey } from './surroundings.ts';

// ID tokens come back as hints of whom a system means, long behind their time; the key that has signed one may be gone by then.

const Header = z.object({ kid: z.string() });

/** Which key has signed it, as it says itself; undefined: it does not, or is no token. */
function keyOf(jwt: string): string | undefined {
  try {
    const text = Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString('utf8');
    return Header.safeParse(JSON.parse(text)).data?.kid;
  } catch {
    return undefined;
  }
}

/**
 * What a key has signed that is not there any more says nothing of anybody, and stands in nobody's way. Whoever signs out is asked on a
 * page in any case, and which system sent them anybody may say: they go on as if it had said no more. Whoever signs in does so as without
 * a hint, unless the system wants nobody asked.
 */
export function takesHintsOfKeysOfBefore({ IdToken }: Provider, keys: readonly NamedKey[]): void {
  const known = new Set(keys.flatMap(({ kid, d }) => (d === undefined ? [] : [kid])));
  const validate: (jwt: string, client: unknown) => Promise<unknown> = IdToken.validate.bind(
    IdToken,
  ) as never;
  Object.assign(IdToken, {
    async validate(jwt: string, client: unknown) {
      const kid = keyOf(jwt);
      if (kid === undefined || known.has(kid)) return validate(jwt, client);
      const { oidc } = Provider.ctx ?? {};
      if (oidc?.params === undefined || oidc.route === 'end_session') return undefined;
      if (
        String(oidc.params.prompt ?? '')
          .split(' ')
          .includes('none')
      )
        throw new errors.LoginRequired('the key that has signed id_token_hint is gone');
      oidc.params.id_token_hint = undefined;
      return undefined;
    },
  });
}
