import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** What of IPv4 is nobody's on the internet (IANA's registry of special-purpose addresses), with its bits. */
const NOT_PUBLIC_4: readonly (readonly [string, number])[] = [
  // This network; this machine; private; shared by a provider's customers; this link, where clouds tell their secrets.
  ...([
    ['0.0.0.0', 8],
    ['127.0.0.0', 8],
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
  ] as const),
  ...([
    ['100.64.0.0', 10],
    ['169.254.0.0', 16],
  ] as const),
  // Protocols, examples, relays, measurements; many at once, and what is kept for later.
  ...([
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.88.99.0', 24],
    ['198.18.0.0', 15],
  ] as const),
  ...([
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ] as const),
];
/** Of IPv6 only this is given to anybody: what stands for an address of IPv4 (`::ffff:…`, `64:ff9b::…`) lies outside, too. */
const GLOBAL_6: readonly [string, number] = ['2000::', 3];
/** In that: protocols with Teredo, examples, and 6to4, which leads to any address of IPv4. */
const NOT_PUBLIC_6: readonly (readonly [string, number])[] = [
  ...([
    ['2001::', 23],
    ['2001:db8::', 32],
    ['2002::', 16],
    ['3fff::', 20],
  ] as const),
];

function listOf(blocks: readonly (readonly [string, number])[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const [address, bits] of blocks) list.addSubnet(address, bits, family);
  return list;
}
const notPublic4 = listOf(NOT_PUBLIC_4, 'ipv4');
const global6 = listOf([GLOBAL_6], 'ipv6');
const notPublic6 = listOf(NOT_PUBLIC_6, 'ipv6');

/** Whether an address is one of the internet's, and none of this machine, its networks or its cloud. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !notPublic4.check(address, 'ipv4');
  // With a zone it is one of this link.
  if (!isIPv6(address) || address.includes('%')) return false;
  return global6.check(address, 'ipv6') && !notPublic6.check(address, 'ipv6');
}
