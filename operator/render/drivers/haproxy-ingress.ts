import { suitesOf } from '#crds/shared/pure/cipher-suites.ts';
import type { IngressDriver, TlsPolicy } from './driver.ts';

/**
 * HAProxy Ingress (haproxy-ingress.github.io, 0.11 or newer). Its keys of scope Host become a line of HAProxy's crt-list
 * for this host alone, so that every part of the policy is exact and no other host has a say.
 */

const PREFIX = 'haproxy-ingress.github.io/';

const opensslNames = ({ profile }: TlsPolicy, version: '1.2' | '1.3'): string =>
  suitesOf(profile, version)
    .map(suite => suite.openssl)
    .join(':');

export const haproxyIngress: IngressDriver = {
  name: 'HAProxy Ingress',
  abilities: { minVersion: 'exact', suites12: 'exact', suites13: 'exact', order: 'exact' },
  note: 'A client that lists CHACHA20 first gets it where the profile has it.',
  // The second is its old one, which it still reads.
  prefixes: [PREFIX, 'ingress.kubernetes.io/'],
  annotations: policy => ({
    [`${PREFIX}ssl-options-host`]: `ssl-min-ver TLSv${policy.minVersion}`,
    [`${PREFIX}ssl-ciphers`]: opensslNames(policy, '1.2'),
    [`${PREFIX}ssl-cipher-suites`]: opensslNames(policy, '1.3'),
    // The IdP redirects by itself, and refuses what must not be repeated: a POST has told its secrets in the clear.
    [`${PREFIX}ssl-redirect`]: 'false',
    // The IdP sends it, with its own terms.
    [`${PREFIX}hsts`]: 'false',
  }),
};
