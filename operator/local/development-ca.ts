import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { authorityCertificate, type Signer, serverCertificate } from '#operator/keys/x509/certificate.ts';
import { validityFrom } from '#operator/keys/x509/validity.ts';

/**
 * The development CA: gives tenants HTTPS where nothing else does (local mode, throw-away clusters). It may sign only
 * for the DNS subtrees it was made for (`localhost` unless told otherwise), so that trusting it on a developer's machine
 * gives nobody the power over other names. Knows nothing of tenants, nor where its key is kept.
 */

/** PEM, certificate and PKCS #8 private key. */
export interface CaPair {
  cert: string;
  key: string;
}

export interface CaStore {
  load(): Promise<CaPair | undefined>;
  save(pair: CaPair): Promise<void>;
}

export interface DevelopmentCa {
  /** PEM of the CA, to be trusted by whoever connects. */
  readonly certificate: string;
  /** A new P-256 key and certificate for these hosts; the first is also the common name. Throws outside its subtrees. */
  issue(hosts: string[]): Promise<CaPair & { notAfter: Date }>;
}

export interface DevelopmentCaOptions {
  store: CaStore;
  now: () => Date;
  /** DNS subtrees that a new CA may sign for. Default: localhost. */
  permitted?: readonly string[];
}

const DAY = 24 * 3600 * 1000;
const CA_DAYS = 3650;
/** Under the 398 days that browsers allow. */
const LEAF_DAYS = 397;
const RENEW_CA_DAYS = 400;
const COMMON_NAME = 'sso-operator development CA';

/** The CA of `store`, or a new one that is saved there first. */
export async function openDevelopmentCa(options: DevelopmentCaOptions): Promise<DevelopmentCa> {
  const permitted = options.permitted ?? ['localhost'];
  const kept = await options.store.load();
  const pair = kept !== undefined && isFresh(kept, options.now()) ? kept : newAuthority(permitted, options.now());
  if (pair !== kept) await options.store.save(pair);
  const signer: Signer = { commonName: COMMON_NAME, privateKey: createPrivateKey(pair.key) };
  return {
    certificate: pair.cert,
    issue: async hosts => {
      const outside = hosts.find(host => !permitted.some(domain => host === domain || host.endsWith(`.${domain}`)));
      if (outside !== undefined)
        throw new Error(`the development CA signs for ${permitted.join(', ')} only, not for ${outside}`);
      return issueServer(hosts, signer, options.now());
    },
  };
}

function isFresh(pair: CaPair, now: Date): boolean {
  return new X509Certificate(pair.cert).validToDate.getTime() - now.getTime() > RENEW_CA_DAYS * DAY;
}

function newAuthority(permitted: readonly string[], now: Date): CaPair {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = authorityCertificate({ commonName: COMMON_NAME, privateKey }, permitted, validityFrom(now, CA_DAYS));
  return { cert, key: pem(privateKey) };
}

function issueServer(hosts: string[], signer: Signer, now: Date): CaPair & { notAfter: Date } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const term = validityFrom(now, LEAF_DAYS);
  const cert = serverCertificate({ commonName: hosts[0] ?? '', publicKey }, hosts, signer, term);
  return { cert, key: pem(privateKey), notAfter: term.notAfter };
}

const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString();
