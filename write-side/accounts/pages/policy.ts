// What a browser may do with a page of ours.

/**
 * Nothing inline, nothing from elsewhere, in nobody's frame. Chromium holds a form's policy against every redirect behind its answer
 * too: what leads to a system that signs people in is therefore never the answer to a form, but a page that goes on by itself; and
 * forms that the provider answers by leaving say where to.
 *
 * @param formsTo other origins that the answer to a form on this page may lead to
 */
export const pagePolicy = (formsTo: readonly string[] = []): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    `form-action ${["'self'", ...formsTo].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');

/**
 * Headers of every page. The referrer is kept from others, who must not see the tokens in links; not from ourselves: a browser that
 * sends none says `Origin: null` with its forms, and where it knows no `Sec-Fetch-Site` nobody could tell whose page they stood on.
 */
export const pageHeaders = (formsTo?: readonly string[]): Readonly<Record<string, string>> => ({
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': pagePolicy(formsTo),
  'Referrer-Policy': 'same-origin',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
});
