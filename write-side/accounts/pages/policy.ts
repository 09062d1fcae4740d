// What a browser may do with a page of ours.

/**
 * Nothing inline, nothing from elsewhere, in nobody's frame. Chromium holds a form's policy against every redirect behind its answer
 * too: to a system, or to its app, leads therefore never a redirect behind a form, but a page of the provider's that goes on by itself.
 */
const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/**
 * Headers of every page. The referrer is kept from others, who must not see the tokens in links; not from ourselves: a browser that
 * sends none says `Origin: null` with its forms, and where it knows no `Sec-Fetch-Site` nobody could tell whose page they stood on.
 */
export const pageHeaders = (): Readonly<Record<string, string>> => ({
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': POLICY,
  'Referrer-Policy': 'same-origin',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
});
