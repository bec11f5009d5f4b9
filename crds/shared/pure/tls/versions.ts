/** The versions of SSL and TLS as they stand on the wire (RFC 8446 section 4.1.2, RFC 6101). */
export const TLS_VERSIONS = {
  'SSL 3.0': 0x0300,
  'TLS 1.0': 0x0301,
  'TLS 1.1': 0x0302,
  'TLS 1.2': 0x0303,
  'TLS 1.3': 0x0304,
} as const;

export type VersionName = keyof typeof TLS_VERSIONS;

export function versionName(code: number): string {
  const [name] = Object.entries(TLS_VERSIONS).find(([, known]) => known === code) ?? [];
  return name ?? `version 0x${code.toString(16).padStart(4, '0')}`;
}
