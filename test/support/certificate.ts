import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { serverCertificate } from '#operator/keys/x509/certificate.ts';
import { openDevelopmentCa } from '#operator/local/development-ca.ts';

/** Throw-away certificates for tests. */

export interface TestCertificate {
  cert: string;
  key: string;
}

export interface TestCa {
  /** PEM, for clients that check. */
  ca: string;
  issue(hosts: string[]): Promise<TestCertificate>;
}

export async function makeCa(): Promise<TestCa> {
  const store = { load: () => Promise.resolve(undefined), save: () => Promise.resolve() };
  const authority = await openDevelopmentCa({ store, now: () => new Date(), permitted: ['localhost', 'example'] });
  return { ca: authority.certificate, issue: hosts => authority.issue(hosts) };
}

export async function makeCertificate(hosts: string[]): Promise<TestCertificate> {
  const { cert, key } = await (await makeCa()).issue(hosts);
  return { cert, key };
}

/** Signed with its own key, from one day to another, counted from now. */
export function makeSelfSigned(host: string, fromDay: number, toDay: number): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000);
  const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(15)]);
  const validity = { serial, notBefore: inDays(fromDay), notAfter: inDays(toDay) };
  return {
    cert: serverCertificate({ commonName: host, publicKey }, [host], { commonName: host, privateKey }, validity),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

/** With an RSA key, as somebody may bring it. Nobody signed it that anybody knows. */
export function makeRsaCertificate(hosts: string[], bits = 2048): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const signer = { commonName: 'nobody', privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey };
  const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(15)]);
  const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000);
  return {
    cert: serverCertificate({ commonName: 'rsa', publicKey }, hosts, signer, {
      serial,
      notBefore: inDays(-1),
      notAfter: inDays(30),
    }),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}
