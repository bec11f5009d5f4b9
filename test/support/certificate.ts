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
