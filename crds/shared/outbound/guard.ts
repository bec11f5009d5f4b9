import { BlockList, isIP } from 'node:net';

/**
 * Where calls may go: the public internet, and whatever the operator's settings name beside it. An address that somebody
 * writes into a resource must not reach the machine itself, the cluster or its metadata service (SSRF). Pure.
 */

export interface Allowed {
  /** `10.0.0.0/8`, `2001:db8::/32`, or a single address. */
  cidrs: readonly string[];
  /** `svc.cluster.local`: names at or under it may lead to private addresses and loopback. */
  hostSuffixes: readonly string[];
}

export interface Guard {
  /** @param host as the URL parser wrote it. @param address of that host, not a name. */
  admits(host: string, address: string): boolean;
}

/** Special-purpose addresses (RFC 6890 and the registries of IANA). Mapped and translated IPv4 is looked at as IPv4. */
const SPECIAL = [
  ['0.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // All but global unicast, 2000::/3, and then what is special in there.
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

/** What a suffix opens: private networks and loopback, never link-local, where clouds keep their credentials. */
const PRIVATE = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['::1', 128],
  ['fc00::', 7],
] as const;

/** Throws TypeError where an entry is no network. */
export function createGuard({ cidrs, hostSuffixes }: Allowed): Guard {
  const special = networks([...SPECIAL, ...PRIVATE]);
  const nearby = networks(PRIVATE);
  const opened = networks(cidrs.map(parseCidr));
  const suffixes = hostSuffixes.map(suffix => suffix.toLowerCase().replace(/^[.]|[.]$/g, ''));
  return {
    admits(host, address) {
      const plain = plainAddress(address);
      if (plain === undefined) return false;
      if (contains(opened, plain)) return true;
      if (!contains(special, plain)) return true;
      return contains(nearby, plain) && suffixes.some(suffix => isUnder(suffix, host));
    },
  };
}

function parseCidr(text: string): readonly [string, number] {
  const [address = '', size, rest] = text.split('/');
  const most = isIP(address) === 4 ? 32 : 128;
  const prefix = size === undefined ? most : Number(size);
  if (
    isIP(address) === 0 ||
    rest !== undefined ||
    size === '' ||
    !Number.isInteger(prefix) ||
    prefix < 0 ||
    prefix > most
  )
    throw new TypeError(`${JSON.stringify(text)} is no network: write it as 10.0.0.0/8`);
  return [address, prefix];
}

/** A list a family: BlockList takes any IPv4 address for a part of ::/3. */
type Networks = Record<'ipv4' | 'ipv6', BlockList>;

function networks(list: readonly (readonly [string, number])[]): Networks {
  const made: Networks = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const [address, prefix] of list) made[familyOf(address)].addSubnet(address, prefix, familyOf(address));
  return made;
}

function contains(list: Networks, address: string): boolean {
  return list[familyOf(address)].check(address, familyOf(address));
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

function isUnder(suffix: string, host: string): boolean {
  const name = host.toLowerCase().replace(/[.]$/, '');
  return isIP(name) === 0 && (name === suffix || name.endsWith(`.${suffix}`));
}

/** ::ffff:0:0/96 and 64:ff9b::/96 (RFC 4291 section 2.5.5.2, RFC 6052) are IPv4 in other clothes. */
const DISGUISES = ['::ffff:', '64:ff9b::'];

function plainAddress(address: string): string | undefined {
  if (isIP(address) === 4) return address;
  // A zone (fe80::1%eth0) names an interface: link-local, whatever it says.
  if (isIP(address) === 0 || address.includes('%')) return undefined;
  const spelled = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const disguise = DISGUISES.find(prefix => spelled.startsWith(prefix));
  const groups = disguise === undefined ? [] : spelled.slice(disguise.length).split(':');
  if (groups.length === 0 || groups.length > 2) return spelled;
  const [high = 0, low = 0] = [...(groups.length === 1 ? ['0'] : []), ...groups].map(group =>
    Number.parseInt(group || '0', 16),
  );
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}
