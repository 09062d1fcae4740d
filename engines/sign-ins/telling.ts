import type { LookupAddress } from 'node:dns';
import { lookup as lookUp } from 'node:dns/promises';
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from '../public-addresses.ts';

/** From the first question for its address on. */
const DEADLINE_MS = 3_000;

/** Which addresses a host has. @throws what the system says */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;
export const systemResolve: Resolve = (host) => lookUp(host, { all: true });

export interface TellingOptions {
  /** Systems are told wherever they are, on this machine too. */
  readonly anywhere: boolean;
  /** Hosts that are told although they are ours, by their exact names. */
  readonly internal: readonly string[];
  readonly resolve: Resolve;
}

/** @throws the signal's reason where that is first */
function before<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const over = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => over.reject(signal.reason), { once: true });
  return Promise.race([work, over.promise]);
}

/** Asks at these addresses and no others. @returns the status; nothing else is read @throws what the connection says */
function post(
  url: URL,
  addresses: readonly LookupAddress[],
  form: URLSearchParams,
  signal: AbortSignal,
): Promise<number | undefined> {
  const [first] = addresses;
  const lookup: LookupFunction = (_host, { all }, done) =>
    all === true ? done(null, [...addresses]) : done(null, first?.address ?? '', first?.family);
  const body = form.toString();
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
  };
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const send = url.protocol === 'https:' ? requestTls : requestPlain;
  const request = send(url, { method: 'POST', agent: false, headers, lookup, signal }, (response) => {
    resolve(response.statusCode);
    response.destroy();
  });
  request.on('error', reject);
  request.end(body);
  return promise;
}

/**
 * Brings logout tokens to where systems want them, and nowhere else: a host is looked up once, has to be one of the internet's (or of those
 * that are named as internal), and is asked at the very address that was looked at. No redirect is followed, and what is answered is not read.
 *
 * The result throws an Error for any answer but a yes, for a host that is not public, and where there is no answer in three seconds.
 */
export const logoutTelling =
  ({ anywhere, internal, resolve }: TellingOptions) =>
  async (uri: string, logoutToken: string): Promise<void> => {
    const url = new URL(uri);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const addresses = await before(signal, resolve(host));
    const hidden = addresses.find(({ address }) => !isPublicAddress(address));
    if (hidden !== undefined && !anywhere && !internal.includes(url.hostname))
      throw new Error(
        `${url.hostname} leads to ${hidden.address}, which is none of the internet's: LOGOUT_INTERNAL_HOSTS has to name it`,
      );
    const status = await post(url, addresses, new URLSearchParams({ logout_token: logoutToken }), signal);
    if (status !== 200 && status !== 204) throw new Error(`answered ${status}`);
  };
