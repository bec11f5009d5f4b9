/**
 * The cipher suites of this product under all their names, and the TLS profiles made of them. Data planes want different
 * spellings (an IANA name alone makes nginx fail, and makes Node drop TLS 1.2 without a word), so that nobody writes a
 * name by hand: they ask this table.
 */

export type SuiteVersion = '1.2' | '1.3';

export interface CipherSuite {
  /** The two bytes on the wire. */
  readonly code: number;
  readonly iana: string;
  /** The name that OpenSSL, nginx, HAProxy and Node want. Equal to `iana` for TLS 1.3. */
  readonly openssl: string;
  readonly version: SuiteVersion;
}

const SUITES = {
  c02c: suite(0xc02c, 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'),
  c02b: suite(0xc02b, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'),
  c024: suite(0xc024, 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384', 'ECDHE-ECDSA-AES256-SHA384'),
  c023: suite(0xc023, 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 'ECDHE-ECDSA-AES128-SHA256'),
  x1302: suite13(0x1302, 'TLS_AES_256_GCM_SHA384'),
  x1301: suite13(0x1301, 'TLS_AES_128_GCM_SHA256'),
  x1303: suite13(0x1303, 'TLS_CHACHA20_POLY1305_SHA256'),
} as const;

/** A profile lists its suites in the order in which the server prefers them. */
const PROFILES = {
  Strict: [SUITES.x1302, SUITES.x1301, SUITES.x1303, SUITES.c02c, SUITES.c02b, SUITES.c024, SUITES.c023],
} as const satisfies Record<string, readonly CipherSuite[]>;

export type TlsProfile = keyof typeof PROFILES;

function suite(code: number, iana: string, openssl: string): CipherSuite {
  return { code, iana, openssl, version: '1.2' };
}

function suite13(code: number, iana: string): CipherSuite {
  return { code, iana, openssl: iana, version: '1.3' };
}

/** The suites of one TLS version, in order. */
export function suitesOf(profile: TlsProfile, version: SuiteVersion): readonly CipherSuite[] {
  return PROFILES[profile].filter(suite => suite.version === version);
}

/** Colon-separated OpenSSL names, TLS 1.3 first: what Node takes as `ciphers`. */
export function opensslList(profile: TlsProfile): string {
  return PROFILES[profile].map(suite => suite.openssl).join(':');
}
