import { BlockList, isIP } from 'node:net';

const IPV4: readonly (readonly [string, number, string])[] = [
  ['0.0.0.0', 8, 'this network'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'shared by carriers'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'protocol assignments'],
  ['192.0.2.0', 24, 'documentation'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'benchmarks'],
  ['198.51.100.0', 24, 'documentation'],
  ['203.0.113.0', 24, 'documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
];

const IPV6: readonly (readonly [string, number, string])[] = [
  ['2001::', 23, 'protocol assignments'],
  ['2001:db8::', 32, 'documentation'],
  ['2002::', 16, '6to4'],
  ['3fff::', 20, 'documentation'],
  ['::1', 128, 'loopback'],
  ['::ffff:0:0', 96, 'an IPv4 address'],
  ['fc00::', 7, 'private'],
  ['fe80::', 10, 'link-local'],
  ['ff00::', 8, 'multicast'],
];

const list = ([network, prefix, what]: readonly [string, number, string], family: 'ipv4' | 'ipv6') => {
  const block = new BlockList();
  block.addSubnet(network, prefix, family);
  return { block, what: `${what}, ${network}/${prefix}` };
};
const blocks = {
  ipv4: IPV4.map((range) => list(range, 'ipv4')),
  ipv6: IPV6.map((range) => list(range, 'ipv6')),
};
const globalUnicast = list(['2000::', 3, 'global unicast'], 'ipv6').block;

/**
 * Why Route 53's health checkers cannot reach `address`; undefined when they can.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry/
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry/
 */
export function addressFault(address: string, version: 4 | 6): string | undefined {
  if (isIP(address) !== version || address.includes('%')) return `not an IPv${version} address`;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const special = blocks[family].find(({ block }) => block.check(address, family));
  if (special) return `not a public address (${special.what})`;
  if (version === 6 && !globalUnicast.check(address, 'ipv6')) return 'not a public address (outside 2000::/3)';
  return undefined;
}

/** The one spelling that DNS libraries answer, so that answers can be compared as text. */
export const canonicalIpv6 = (address: string) => new URL(`http://[${address}]`).hostname.slice(1, -1);
