import type { KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import type { Endpoint } from '#crds/shared/outbound/say-hello.ts';
import { opensslList } from '#crds/shared/pure/cipher-suites.ts';

/**
 * Gathers what certificate a server shows for a name. The handshake takes any version and any suite, so that a bad server
 * can be told what is wrong with it; nothing is sent over it. No judgement.
 */

export interface CertificateFacts {
  /** DNS names of the subject alternative name, as they stand there. */
  names: string[];
  coversHost: boolean;
  key: { kind: 'ec'; curve: string } | { kind: 'rsa'; bits: number } | { kind: string };
  subject: string;
  issuer: string;
  /** Milliseconds since the epoch. */
  notBefore: number;
  notAfter: number;
  isSelfSigned: boolean;
  /** Certificates that the server sent, the leaf among them. */
  chainLength: number;
  /** The code of OpenSSL; undefined: the chain leads to a trusted root. */
  distrust?: string;
}

export type CertificateAnswer = { kind: 'shown'; facts: CertificateFacts } | { kind: 'none'; code: string };

export interface CertificateQuestion {
  endpoint: Endpoint;
  name: string;
  /** Whom to trust. */
  trust: SecureContext;
  milliseconds: number;
}

/** What {@link CertificateQuestion.trust} has to be made with, beside the roots: the suites of a context are its own. */
export const ANY_SUITE = {
  ciphers: `${opensslList('BestPractices')}:ALL:@SECLEVEL=0`,
  minVersion: 'TLSv1',
} as const;

/** Never rejects. */
export function askCertificate({
  endpoint,
  name,
  trust,
  milliseconds,
}: CertificateQuestion): Promise<CertificateAnswer> {
  return new Promise(resolve => {
    const socket = connect({
      host: endpoint.address,
      port: endpoint.port,
      ...(isIP(name) === 0 ? { servername: name } : {}),
      secureContext: trust,
      rejectUnauthorized: false,
      // The name is judged apart from the chain.
      checkServerIdentity: () => undefined,
    });
    const finish = (answer: CertificateAnswer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => finish({ kind: 'none', code: 'ETIMEDOUT' }), milliseconds);
    socket.on('secureConnect', () => {
      const leaf = socket.getPeerX509Certificate();
      finish(
        leaf === undefined
          ? { kind: 'none', code: 'NoCertificate' }
          : { kind: 'shown', facts: factsOf(leaf, socket, name) },
      );
    });
    socket.on('error', (error: NodeJS.ErrnoException) => finish({ kind: 'none', code: error.code ?? 'unknown' }));
  });
}

function factsOf(leaf: X509Certificate, socket: TLSSocket, name: string): CertificateFacts {
  const distrust = socket.authorized ? undefined : String(socket.authorizationError ?? 'unknown');
  return {
    names: [...(leaf.subjectAltName ?? '').matchAll(/DNS:([^,\s]+)/g)].map(match => match[1] ?? ''),
    // Only the subject alternative name counts (RFC 9525 section 2).
    coversHost: (isIP(name) === 0 ? leaf.checkHost(name, { subject: 'never' }) : leaf.checkIP(name)) !== undefined,
    key: keyOf(leaf.publicKey),
    subject: oneLine(leaf.subject),
    issuer: oneLine(leaf.issuer),
    notBefore: Date.parse(leaf.validFrom),
    notAfter: Date.parse(leaf.validTo),
    isSelfSigned: leaf.checkIssued(leaf),
    chainLength: chainLength(leaf),
    ...(distrust === undefined ? {} : { distrust }),
  };
}

function keyOf({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): CertificateFacts['key'] {
  const { namedCurve, modulusLength } = asymmetricKeyDetails;
  if (asymmetricKeyType === 'ec') return { kind: 'ec', curve: namedCurve ?? 'unknown' };
  if (asymmetricKeyType === 'rsa') return { kind: 'rsa', bits: modulusLength ?? 0 };
  return { kind: asymmetricKeyType ?? 'unknown' };
}

const LONGEST_CHAIN = 10;

function chainLength(leaf: X509Certificate): number {
  let length = 1;
  let next = leaf.issuerCertificate;
  for (; next !== undefined && length < LONGEST_CHAIN && !next.checkIssued(next); length += 1)
    next = next.issuerCertificate;
  return length;
}

const oneLine = (name: string): string => name.split('\n').join(', ');
