import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, SocketAddress } from 'node:net';

/** Proxies that may stand in a row before us. */
const MOST_HOPS = 16;

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;
/** Some proxies name the port too: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
const WITH_PORT = /^(?:\[([\da-f:.]+)\]|([\d.]+))(?::\d{1,5})?$/i;

/** What is looked at of a request; `headers` may hold by then what parts of ours have written there for others. */
type Asking = Pick<IncomingMessage, 'socket' | 'headers' | 'rawHeaders'>;

/** From where requests come. */
export interface Addresses {
  /**
   * Of whoever asks, in one spelling: the peer's or, where the peer is a proxy that we trust, the last one in
   * `X-Forwarded-For` that is none. undefined: the peer has gone already.
   */
  of(request: Asking): string | undefined;
  /** As {@link Addresses.of}, for a connection on which nothing was asked; undefined: a trusted proxy's, which carries many. */
  ofPeer(socket: { readonly remoteAddress?: string | undefined }): string | undefined;
}

const FORWARDED = /^(x-forwarded-for|forwarded)$/i;

/** Whether whoever sent it says that it was forwarded: the provider of tokens is told by the same header where its visitor is. */
const saysForwarded = ({ headers, rawHeaders }: Asking): boolean =>
  (headers['x-forwarded-for'] ?? headers.forwarded) !== undefined &&
  rawHeaders.some((text, at) => at % 2 === 0 && FORWARDED.test(text));

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** An address in one spelling, an IPv4 address never as one of IPv6; undefined: it is none. */
function normalised(text: string): string | undefined {
  if (isIP(text) === 0) return undefined;
  const { address } = new SocketAddress({ address: text, family: familyOf(text) });
  return MAPPED.exec(address)?.[1] ?? address;
}

/** The address that an entry of the header names. */
function named(entry: string): string | undefined {
  const [, six, four] = WITH_PORT.exec(entry) ?? [];
  return normalised(six ?? four ?? entry);
}

/** @param trusted addresses and blocks (`10.0.0.0/8`) that were checked when they were read */
function blockList(trusted: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of trusted) {
    const [address = '', bits] = entry.split('/');
    if (bits === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(bits), familyOf(address));
  }
  return list;
}

/**
 * The one place that says from where something comes. A header says so only where a proxy has set it that we trust; the same
 * header from anybody else is a claim, and so is whatever stands left of the first address that is no such proxy. An entry
 * that is no address proves nothing: then it was the proxy that is known. `Forwarded` is never read: a proxy writes one of the
 * two headers and hands the other on as the client made it up.
 *
 * @param unheard told once, where a request says that it was forwarded and no proxy is trusted: behind one everybody is one address
 */
export function addressesBehind(trusted: readonly string[], unheard?: () => void): Addresses {
  const proxies = blockList(trusted);
  const isProxy = (address: string) => trusted.length > 0 && proxies.check(address, familyOf(address));

  let tell = trusted.length === 0 ? unheard : undefined;

  function clientOf(proxy: string, header: string): string {
    let nearest = proxy;
    for (const entry of header.split(',').reverse().slice(0, MOST_HOPS)) {
      const address = named(entry.trim());
      if (address === undefined) return nearest;
      nearest = address;
      if (!isProxy(address)) return nearest;
    }
    return nearest;
  }

  return {
    of(request) {
      const { socket, headers } = request;
      if (tell !== undefined && saysForwarded(request)) {
        tell();
        tell = undefined;
      }
      const peer = normalised(socket.remoteAddress ?? '');
      if (peer === undefined || !isProxy(peer)) return peer;
      return clientOf(peer, [headers['x-forwarded-for'] ?? ''].flat().join(','));
    },
    ofPeer({ remoteAddress }) {
      const peer = normalised(remoteAddress ?? '');
      return peer === undefined || isProxy(peer) ? undefined : peer;
    },
  };
}
