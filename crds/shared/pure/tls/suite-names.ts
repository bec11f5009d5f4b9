import { suitesOf } from '../cipher-suites.ts';

/**
 * Every cipher suite that a probe offers, and names for those that people meet. The profiles of the product are in
 * cipher-suites.ts; here is the rest, so that a server with something else can be told of it by name.
 */

/** Those of the registry for TLS 1.2 and older, as ranges: a suite nobody thought of cannot hide. */
const RANGES: readonly (readonly [number, number])[] = [
  [0x0001, 0x001b],
  [0x001e, 0x0046],
  [0x0060, 0x006d],
  [0x0084, 0x00c5],
  [0xc001, 0xc0af],
  [0xcc13, 0xcc15], // CHACHA20 of the drafts
  [0xcca8, 0xccae],
  [0xd001, 0xd005],
  [0xff85, 0xff87], // GOST
];

export const OLDER_SUITES: readonly number[] = RANGES.flatMap(([from, to]) =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at),
);

/** Of TLS 1.3, whose list is its own (RFC 8446 appendix B.4; SM4: RFC 8998; integrity only: RFC 9150). */
export const TLS13_SUITES: readonly number[] = [
  0x1301, 0x1302, 0x1303, 0x1304, 0x1305, 0x1306, 0x1307, 0x00c6, 0x00c7, 0xc0b4, 0xc0b5,
];

const OTHERS: Readonly<Record<number, string>> = {
  0x0004: 'TLS_RSA_WITH_RC4_128_MD5',
  0x0005: 'TLS_RSA_WITH_RC4_128_SHA',
  0x000a: 'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
  0x0016: 'TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA',
  0x002f: 'TLS_RSA_WITH_AES_128_CBC_SHA',
  0x0033: 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA',
  0x0035: 'TLS_RSA_WITH_AES_256_CBC_SHA',
  0x0039: 'TLS_DHE_RSA_WITH_AES_256_CBC_SHA',
  0x003c: 'TLS_RSA_WITH_AES_128_CBC_SHA256',
  0x003d: 'TLS_RSA_WITH_AES_256_CBC_SHA256',
  0x0067: 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA256',
  0x006b: 'TLS_DHE_RSA_WITH_AES_256_CBC_SHA256',
  0x009c: 'TLS_RSA_WITH_AES_128_GCM_SHA256',
  0x009d: 'TLS_RSA_WITH_AES_256_GCM_SHA384',
  0x009e: 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256',
  0x009f: 'TLS_DHE_RSA_WITH_AES_256_GCM_SHA384',
  0x1304: 'TLS_AES_128_CCM_SHA256',
  0x1305: 'TLS_AES_128_CCM_8_SHA256',
  0xc007: 'TLS_ECDHE_ECDSA_WITH_RC4_128_SHA',
  0xc008: 'TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA',
  0xc009: 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  0xc00a: 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
  0xc011: 'TLS_ECDHE_RSA_WITH_RC4_128_SHA',
  0xc012: 'TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA',
  0xc013: 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  0xc014: 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  0xc0ac: 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM',
  0xc0ad: 'TLS_ECDHE_ECDSA_WITH_AES_256_CCM',
  0xc0ae: 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8',
  0xc0af: 'TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8',
  0xccaa: 'TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
};

const OURS: ReadonlyMap<number, string> = new Map(
  [...suitesOf('BestPractices', '1.3'), ...suitesOf('BestPractices', '1.2')].map(({ code, iana }) => [code, iana]),
);

/** The IANA name, or the two bytes. */
export function suiteName(code: number): string {
  return OURS.get(code) ?? OTHERS[code] ?? `suite 0x${code.toString(16).padStart(4, '0')}`;
}
