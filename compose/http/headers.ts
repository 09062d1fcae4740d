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
  return (request, response) => protect(request, response, () => undefined);
}
