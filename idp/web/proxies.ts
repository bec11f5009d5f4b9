import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Which peers may say who they speak for: a list of CIDRs, and nothing from anybody else. */

export interface TrustedProxies {
  has(address: string): boolean;
}

/** Throws a RangeError that names the entry. */
export function parseProxies(cidrs: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr.split('/');
    const widest = isIP(address) === 6 ? 128 : 32;
    const bits = Number(prefix ?? widest);
    if (isIP(address) === 0 || !Number.isInteger(bits) || bits < 0 || bits > widest)
      throw new RangeError(`not an address or CIDR: ${cidr}`);
    list.addSubnet(address, bits, familyOf(address));
  }
  return { has: address => isIP(address) !== 0 && list.check(address, familyOf(address)) };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** An IPv4 peer of a dual-stack socket shows as `::ffff:a.b.c.d`. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
}

/** The right-most address of X-Forwarded-For that is no trusted proxy; whatever stands left of it is hearsay. */
export function clientAddress(peer: string, forwardedFor: string | undefined, trusted: TrustedProxies): string {
  if (!trusted.has(peer)) return peer;
  const hops = (forwardedFor ?? '').split(',').map(hop => plainAddress(hop.trim()));
  let client = peer;
  for (const hop of hops.reverse()) {
    if (isIP(hop) === 0) break;
    client = hop;
    if (!trusted.has(hop)) break;
  }
  return client;
}

/** Headers by which a client could make a library see another host, address, method or path than the gate saw. */
const HEARSAY =
  /^(?:x-forwarded-.*|forwarded|x-real-ip|x-client-ip|x-original-.*|x-rewrite-url|x-http-method.*|x-method-override|x-host)$/;

/** Removes hearsay, then says the truth in the words that libraries read. Changes `headers`. */
export function scrubHeaders(headers: IncomingHttpHeaders, truth: { authority: string; ip: string; id: string }): void {
  for (const name of Object.keys(headers)) if (HEARSAY.test(name)) delete headers[name];
  headers.host = truth.authority;
  headers['x-forwarded-proto'] = 'https';
  headers['x-forwarded-for'] = truth.ip;
  headers['x-request-id'] = truth.id;
}
