import { isIP, type LookupFunction } from 'node:net';
import type { Guard } from './guard.ts';
import type { AddressLookup } from './lookup.ts';
import { OutboundError } from './outbound-error.ts';

/** From the host of a URL to the addresses that may be dialled. */

interface Judges {
  guard: Guard;
  lookup: AddressLookup;
}

/** At least one. Throws OutboundError DnsFailed, Blocked, or Timeout when the signal aborts. */
export async function admitted({ guard, lookup }: Judges, url: URL, signal: AbortSignal): Promise<string[]> {
  const host = hostOf(url);
  const where = placeOf(url);
  const found = isIP(host) === 0 ? await lookUp(lookup, url, signal) : [host];
  const allowed = found.filter(address => guard.admits(host, address));
  if (allowed.length === 0) throw new OutboundError('Blocked', { where, detail: found.join(', ') });
  return allowed;
}

async function lookUp(lookup: AddressLookup, url: URL, signal: AbortSignal): Promise<string[]> {
  const where = placeOf(url);
  const late = new Promise<never>((_resolve, reject) => {
    const tooLate = (): void =>
      reject(new OutboundError('Timeout', { where, detail: 'get an answer from DNS' }, { cause: signal.reason }));
    if (signal.aborted) tooLate();
    signal.addEventListener('abort', tooLate, { once: true });
  });
  const found = lookup(hostOf(url)).catch((cause: unknown) => {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new OutboundError('DnsFailed', { where, detail: code }, { cause });
  });
  const addresses = await Promise.race([found, late]);
  if (addresses.length === 0) throw new OutboundError('DnsFailed', { where, detail: 'ENODATA' });
  return addresses;
}

/** Answers with what was judged, whatever DNS says by now. */
export function pinned(addresses: readonly string[]): LookupFunction {
  const all = addresses.map(address => ({ address, family: isIP(address) }));
  return (_host, options, done) => {
    const [first] = all;
    if (options.all === true || first === undefined) done(null, all);
    else done(null, first.address, first.family);
  };
}

/** Without the brackets that IPv6 has in a URL. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

export function placeOf(url: URL): string {
  return `${url.hostname}:${url.port || '443'}`;
}
