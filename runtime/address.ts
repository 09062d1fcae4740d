/** Groups of four hexadecimal digits in an address of IPv6, and how many of them name the network of one subscriber. */
const GROUPS = 8;
const NETWORK_GROUPS = 4;

const groupsOf = (text: string): readonly string[] => (text === '' ? [] : text.split(':'));

/**
 * What is counted as one where peers are counted: an address of IPv4, or the /64 that a subscriber of IPv6 is given, who may
 * take a new address in it for every connection. Takes an address as an edge has normalised it, and leaves any other text as
 * it is.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = [], tail = []] = address.split('::').map(groupsOf);
  const zeros = Array.from({ length: GROUPS - head.length - tail.length }, () => '0');
  return `${[...head, ...zeros, ...tail].slice(0, NETWORK_GROUPS).join(':')}::/64`;
}
