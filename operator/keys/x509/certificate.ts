import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { bitString, boolean, context, integer, nil, octetString, oid, sequence, set, time, utf8 } from './der.ts';
import type { Validity } from './validity.ts';

/**
 * Writes X.509 v3 certificates (RFC 5280), signed with SHA-256 by an ECDSA P-256 or an RSA key: what a development CA
 * issues, and the wrapper that SAML wants around a key. Reading them is left to node:crypto.
 */

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  sha256WithRsaEncryption: '1.2.840.113549.1.1.11',
  commonName: '2.5.4.3',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const;

export interface Subject {
  commonName: string;
  publicKey: KeyObject;
}

export interface Signer {
  commonName: string;
  privateKey: KeyObject;
}

/** A CA that may sign leaves only, and only for the DNS subtrees named (RFC 5280 section 4.2.1.10). PEM. */
export function authorityCertificate(signer: Signer, permitted: readonly string[], validity: Validity): string {
  const subject = { commonName: signer.commonName, publicKey: createPublicKey(signer.privateKey) };
  const subtrees = permitted.map(domain => sequence(context(2, false, Buffer.from(domain))));
  return certificate(subject, signer, validity, [
    extension(OID.basicConstraints, true, sequence(boolean(true), integer(Buffer.from([0])))),
    extension(OID.keyUsage, true, bitString(Buffer.from([0b0000_0110]), 1)), // keyCertSign, cRLSign
    extension(OID.nameConstraints, true, sequence(context(0, true, ...subtrees))),
    extension(OID.subjectKeyId, false, octetString(keyId(subject.publicKey))),
  ]);
}

/** A server certificate for `hosts`. PEM. */
export function serverCertificate(
  subject: Subject,
  hosts: readonly string[],
  signer: Signer,
  validity: Validity,
): string {
  const names = hosts.map(host => context(2, false, Buffer.from(host)));
  const issuerId = keyId(createPublicKey(signer.privateKey));
  return certificate(subject, signer, validity, [
    extension(OID.basicConstraints, true, sequence()),
    extension(OID.keyUsage, true, bitString(Buffer.from([0b1000_0000]), 7)), // digitalSignature
    extension(OID.extendedKeyUsage, false, sequence(oid(OID.serverAuth))),
    extension(OID.subjectAltName, false, sequence(...names)),
    extension(OID.subjectKeyId, false, octetString(keyId(subject.publicKey))),
    extension(OID.authorityKeyId, false, sequence(context(0, false, issuerId))),
  ]);
}

/** Nobody's authority: only a name and a term around a key that signs (Metadata IOP section 2.6). PEM. */
export function selfSignedCertificate(signer: Signer, validity: Validity): string {
  const subject = { commonName: signer.commonName, publicKey: createPublicKey(signer.privateKey) };
  return certificate(subject, signer, validity, [
    extension(OID.basicConstraints, true, sequence()),
    extension(OID.keyUsage, true, bitString(Buffer.from([0b1000_0000]), 7)), // digitalSignature
    extension(OID.subjectKeyId, false, octetString(keyId(subject.publicKey))),
  ]);
}

/** By kind of key: RFC 5758 section 3.2 has no parameters for ECDSA, RFC 4055 section 5 wants NULL for RSA. */
const ALGORITHMS: Record<string, () => Buffer> = {
  ec: () => sequence(oid(OID.ecdsaWithSha256)),
  rsa: () => sequence(oid(OID.sha256WithRsaEncryption), nil()),
};

function algorithmOf({ asymmetricKeyType }: KeyObject): Buffer {
  const algorithm = ALGORITHMS[String(asymmetricKeyType)];
  if (algorithm === undefined) throw new TypeError(`certificates are not signed with ${asymmetricKeyType} keys`);
  return algorithm();
}

function certificate(subject: Subject, signer: Signer, validity: Validity, extensions: Buffer[]): string {
  const algorithm = algorithmOf(signer.privateKey);
  const body = sequence(
    context(0, true, integer(Buffer.from([2]))),
    integer(validity.serial),
    algorithm,
    name(signer.commonName),
    sequence(time(validity.notBefore), time(validity.notAfter)),
    name(subject.commonName),
    spki(subject.publicKey),
    context(3, true, sequence(...extensions)),
  );
  const whole = sequence(body, algorithm, bitString(sign('sha256', body, signer.privateKey)));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const spki = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' });

/** RFC 7093 section 2 method 1, over the whole SubjectPublicKeyInfo. */
const keyId = (key: KeyObject): Buffer => createHash('sha256').update(spki(key)).digest().subarray(0, 20);

const name = (commonName: string): Buffer => sequence(set(sequence(oid(OID.commonName), utf8(commonName))));

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));
}
