import { lookup } from 'node:dns/promises';

/** Host name to IP addresses, as this machine sees it. Rejects with the error of the system. */
export type AddressLookup = (host: string) => Promise<string[]>;

/** `*.localhost` never leaves the machine (RFC 6761 section 6.3); Node on a plain Debian would ask the DNS and fail. */
export const systemLookup: AddressLookup = async host => {
  const name = host.toLowerCase().replace(/[.]$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return ['127.0.0.1'];
  const found = await lookup(host, { all: true });
  return [...new Set(found.map(({ address }) => address))];
};
