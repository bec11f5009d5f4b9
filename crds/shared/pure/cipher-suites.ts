import type { TlsProfile, TlsVersion } from '#crds/schema/tls.ts';

/**
 * The cipher suites of this product under all their names, and the TLS profiles made of them. Data planes want different
 * spellings (an IANA name alone makes nginx fail, and makes Node drop TLS 1.2 without a word), so that nobody writes a
 * name by hand: they ask this table.
 */

export interface CipherSuite {
  /** The two bytes on the wire. */
  readonly code: number;
  readonly iana: string;
  /** The name that OpenSSL, nginx, HAProxy and Node want. Equal to `iana` for TLS 1.3. */
  readonly openssl: string;
  readonly version: TlsVersion;
}

const SUITES = {
  c02c: suite(0xc02c, 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'),
  c02b: suite(0xc02b, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'),
  c024: suite(0xc024, 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384', 'ECDHE-ECDSA-AES256-SHA384'),
  c023: suite(0xc023, 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 'ECDHE-ECDSA-AES128-SHA256'),
  c030: suite(0xc030, 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'),
  c02f: suite(0xc02f, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'),
  c028: suite(0xc028, 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384', 'ECDHE-RSA-AES256-SHA384'),
  c027: suite(0xc027, 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 'ECDHE-RSA-AES128-SHA256'),
  cca9: suite(0xcca9, 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'),
  cca8: suite(0xcca8, 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'),
  x1302: suite13(0x1302, 'TLS_AES_256_GCM_SHA384'),
  x1301: suite13(0x1301, 'TLS_AES_128_GCM_SHA256'),
  x1303: suite13(0x1303, 'TLS_CHACHA20_POLY1305_SHA256'),
} as const;

/** A profile lists its suites in the order in which the server prefers them. */
const PROFILES: Record<TlsProfile, readonly CipherSuite[]> = {
  Strict: [SUITES.x1302, SUITES.x1301, SUITES.x1303, SUITES.c02c, SUITES.c02b, SUITES.c024, SUITES.c023],
  // The order of Strict, each suite before its RSA twin; CHACHA20 stands last of those that authenticate (AEAD).
  BestPractices: [
    SUITES.x1302,
    SUITES.x1301,
    SUITES.x1303,
    SUITES.c02c,
    SUITES.c030,
    SUITES.c02b,
    SUITES.c02f,
    SUITES.cca9,
    SUITES.cca8,
    SUITES.c024,
    SUITES.c028,
    SUITES.c023,
    SUITES.c027,
  ],
};

function suite(code: number, iana: string, openssl: string): CipherSuite {
  return { code, iana, openssl, version: '1.2' };
}

function suite13(code: number, iana: string): CipherSuite {
  return { code, iana, openssl: iana, version: '1.3' };
}

/** The suites of one TLS version, in order. */
export function suitesOf(profile: TlsProfile, version: TlsVersion): readonly CipherSuite[] {
  return PROFILES[profile].filter(suite => suite.version === version);
}

/** Colon-separated OpenSSL names, TLS 1.3 first: what Node takes as `ciphers`. */
export function opensslList(profile: TlsProfile): string {
  return PROFILES[profile].map(suite => suite.openssl).join(':');
}
