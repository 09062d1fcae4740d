import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

/** Nothing that is answered is a page, and whatever is brings a policy of its own. */
const NO_PAGE = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
};
const YEAR_SECONDS = 31_536_000;

/**
 * What a system may open in a window of its own for somebody to come in by, and whatever is shown on that way, registering and a forgotten
 * password among it. One answer of the way that names a policy, also one that only leads on, cuts the window off from the page that waits
 * for it, for good. Nobody is signed in by what is shown there; the pages of an account are kept from others.
 */
const IN_WINDOWS = /^\/(?:(?:oidc|sign-in)(?:[/?]|$)|account\/(?:register|reset)(?:\/sent)?(?:\?|$))/;

/**
 * Headers by which browsers keep pages of others from what is answered: helmet's, less those that only browsers of the past have read.
 *
 * @param byTls whether people come by https, so that their browsers may be told never to come otherwise
 */
export function protecting(byTls: boolean): (request: IncomingMessage, response: ServerResponse) => void {
  const protect = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: NO_PAGE },
    strictTransportSecurity: byTls && { maxAge: YEAR_SECONDS, includeSubDomains: false },
    xFrameOptions: { action: 'deny' },
    xXssProtection: false,
    xDownloadOptions: false,
    xDnsPrefetchControl: false,
    xPermittedCrossDomainPolicies: false,
    xPoweredBy: false,
  });
  return (request, response) => {
    protect(request, response, () => undefined);
    if (IN_WINDOWS.test(request.url ?? '')) response.setHeader('Cross-Origin-Opener-Policy', 'unsafe-none');
  };
}
