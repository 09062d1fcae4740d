import { isIP } from 'node:net';
import { z } from 'zod';
import { someText } from '#domain/kernel/text.ts';

// How the values of settings are written.

/** An empty variable is one that is not set: that is how shells and compose files leave them. */
export const set = (environment: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));

/** Bits of an address, by its version. */
const BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/** An address, or a block of them as `10.0.0.0/8`. A block of all addresses would let everybody say who they are. */
function isProxy(entry: string): boolean {
  const [address = '', bits, ...more] = entry.split('/');
  const most = BITS[isIP(address)];
  if (most === undefined || address.includes('%') || more.length > 0) return false;
  return bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= most);
}

export const wholeNumber = (least: number, most: number) => {
  const problem = `a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, problem)
    .transform(Number)
    .refine((number) => number >= least && number <= most, problem);
};
export const Port = wholeNumber(0, 65_535);

export const list = (text: string): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** Names of every address, or of none: nobody can be sent there. */
const NO_PLACE = /^(0\.0\.0\.0|\[::\])$|\*/;
const isOrigin = (url: URL): boolean =>
  /^https?:$/.test(url.protocol) && !NO_PLACE.test(url.hostname) && url.href === `${url.origin}/`;
/** As browsers write it: a default port is left out, a name is in small letters. */
export const Origin = z.string().transform((text, context) => {
  const url = URL.parse(text);
  if (url !== null && text.length <= 255 && isOrigin(url)) return url.origin;
  context.addIssue({
    code: 'custom',
    message: 'http or https, a host, perhaps a port, and nothing behind it: https://auctions.example',
  });
  return z.NEVER;
});

/** What pages of an app say that come with it (Capacitor, Ionic). Browsers of the web have no pages there. */
const APP_ORIGIN = /^(?:capacitor|ionic):\/\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
/** Of whoever may read answers: a page of the web, or of an app. */
export const PageOrigin = z.union([z.string().regex(APP_ORIGIN), Origin], {
  error:
    'http or https, a host, perhaps a port, and nothing behind it: https://auctions.example; of an app capacitor://localhost or ionic://localhost',
});

/** A name or an address, as it stands in a URL. */
export const Host = z.string().transform((text, context) => {
  const url = URL.parse(`https://${text}`);
  const isHost = url !== null && url.hostname === text.toLowerCase() && !NO_PLACE.test(text);
  if (isHost && text.length <= 255) return url.hostname;
  context.addIssue({ code: 'custom', message: 'a host, exactly as it stands in a URL: books.internal' });
  return z.NEVER;
});

/** Whose word on who asks is believed. */
export const Proxies = z
  .string()
  .transform((text) => text.split(',').map((entry) => entry.trim()))
  .refine(
    (entries) => entries.length <= 100 && entries.every(isProxy),
    'at most 100 addresses or blocks, as 192.0.2.1 or 10.0.0.0/8, with commas between them',
  );

/** Words that people read, on one line. */
export const words = (most: number) =>
  someText(most).refine((text) => !/[\t\n\r\u2028\u2029]/.test(text), 'one line');

/** What the names of topics begin with. */
export const TopicPrefixes = z
  .string()
  .transform(list)
  .pipe(
    z
      .array(
        z
          .string()
          .regex(/^[A-Za-z0-9._-]{1,200}$/, 'what names of topics begin with: a-z, A-Z, 0-9, . _ and -'),
      )
      .min(1)
      .max(100),
  );

/** Where the keys of tokens are: nobody may change them on their way, unless it leads nowhere. */
export const KeysUrl = z
  .url({ protocol: /^https?$/ })
  .max(2_000)
  .refine((text) => {
    const url = URL.parse(text);
    const isHere = url !== null && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname);
    return (
      url !== null && url.username === '' && url.password === '' && (url.protocol === 'https:' || isHere)
    );
  }, 'an address by https, or on this machine, and no password in it');
