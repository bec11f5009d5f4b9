import { z } from 'zod';

/** The only place of the operator that reads the environment. */

const port = z.coerce.number().int().min(0).max(65_535);
const list = z.string().transform(text => text.split(/[\s,]+/).filter(entry => entry !== ''));

const environment = z.object({
  SSO_NAMESPACE: z.string().min(1).default('sso-system'),
  SSO_IDP_NAMESPACE: z.string().min(1).default('sso-idp'),
  SSO_IDP_SERVICE: z.string().min(1).default('sso-idp'),
  SSO_PUBLIC_PORT: port.min(1).default(443),
  SSO_DOMAIN_CLAIMS: z.string().default('localhost=*'),
  SSO_ISSUERS: z.string().default(''),
  SSO_DNS_SERVERS: list.default([]),
  SSO_STORE_SECRET: z.string().min(1).optional(),
  SSO_DEVELOPMENT_CA: z.enum(['true', 'false']).default('false'),
  SSO_HEALTH_PORT: port.default(8081),
  SSO_LISTEN: z.string().default('0.0.0.0'),
  SSO_LEASE_SECONDS: z.coerce.number().min(1).max(600).default(15),
  SSO_SECRET_RECHECK_SECONDS: z.coerce.number().min(1).max(300).default(240),
  SSO_WATCH_SECRETS: z.enum(['true', 'false']).default('false'),
  SSO_WATCH_CONFIG_MAPS: z.enum(['true', 'false']).default('false'),
  SSO_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  POD_NAME: z.string().optional(),
  KUBECONFIG: z.string().optional(),
  SSO_SERVICE_ACCOUNT_DIR: z.string().default('/var/run/secrets/kubernetes.io/serviceaccount'),
  KUBERNETES_SERVICE_HOST: z.string().default('kubernetes.default.svc'),
  KUBERNETES_SERVICE_PORT: z.string().default('443'),
});

export interface Settings {
  /** Of the operator: its Lease, the development CA. */
  namespace: string;
  idpNamespace: string;
  idpService: string;
  publicPort: number;
  /** As written; operator/rules/domain.ts reads it. */
  domainClaims: string;
  /** As written; operator/rules/issuer.ts reads it. */
  issuers: string;
  /** Empty: those of the machine. */
  dnsServers: string[];
  hasDevelopmentCa: boolean;
  /** Secret of the IdP's namespace that gets a password for its store when it is not there; undefined: none. */
  storeSecret: string | undefined;
  health: { host: string; port: number };
  leaseSeconds: number;
  secretRecheckSeconds: number;
  watchSecrets: boolean;
  watchConfigMaps: boolean;
  logLevel: 'debug' | 'info' | 'warn' | 'error';
  podName: string | undefined;
  /** Path of a kubeconfig; undefined: in a Pod. */
  kubeconfig: string | undefined;
  /** In a Pod; `folder` holds `ca.crt` and `token`. */
  apiServer: { host: string; port: string; folder: string };
}

class SettingsError extends Error {
  readonly code = 'SettingsInvalid';
}

/** Throws SettingsError that names each variable which is wrong, never its value. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const parsed = environment.safeParse(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')));
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`);
    throw new SettingsError(`Settings are not valid. ${wrong.join('; ')}`);
  }
  const read = parsed.data;
  return {
    namespace: read.SSO_NAMESPACE,
    idpNamespace: read.SSO_IDP_NAMESPACE,
    idpService: read.SSO_IDP_SERVICE,
    publicPort: read.SSO_PUBLIC_PORT,
    domainClaims: read.SSO_DOMAIN_CLAIMS,
    issuers: read.SSO_ISSUERS,
    dnsServers: read.SSO_DNS_SERVERS,
    hasDevelopmentCa: read.SSO_DEVELOPMENT_CA === 'true',
    storeSecret: read.SSO_STORE_SECRET,
    health: { host: read.SSO_LISTEN, port: read.SSO_HEALTH_PORT },
    leaseSeconds: read.SSO_LEASE_SECONDS,
    secretRecheckSeconds: read.SSO_SECRET_RECHECK_SECONDS,
    watchSecrets: read.SSO_WATCH_SECRETS === 'true',
    watchConfigMaps: read.SSO_WATCH_CONFIG_MAPS === 'true',
    logLevel: read.SSO_LOG_LEVEL,
    podName: read.POD_NAME,
    kubeconfig: read.KUBECONFIG,
    apiServer: {
      host: read.KUBERNETES_SERVICE_HOST,
      port: read.KUBERNETES_SERVICE_PORT,
      folder: read.SSO_SERVICE_ACCOUNT_DIR,
    },
  };
}
