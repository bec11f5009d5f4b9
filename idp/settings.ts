import { z } from 'zod';
import { parseStoreAddress, StoreAddressInvalid, type StoreSettings } from './storage/address.ts';

/** The only reader of the environment. docs/running.md says what each setting is for. */

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const file = z.string().min(1).optional();
const storeAddress = z.string().transform((text, context) => {
  try {
    return parseStoreAddress(text);
  } catch (error) {
    if (!(error instanceof StoreAddressInvalid)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
});
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

const environment = z.object({
  SSO_SOURCE: z.union([z.literal('kubernetes'), z.string().regex(/^folder:.+/)]).default('kubernetes'),
  SSO_NAMESPACE: z.string().min(1).default('sso-idp'),
  SSO_POD_NAME: z.string().min(1).default('local'),
  SSO_POD_UID: z.string().min(1).optional(),
  SSO_STORE: storeAddress.default({ kind: 'memory' }),
  SSO_STORE_PASSWORD_FILE: file,
  SSO_STORE_SENTINEL_PASSWORD_FILE: file,
  SSO_STORE_CA_FILE: file,
  SSO_STORE_WAIT_REPLICAS: z.coerce.number().int().min(0).max(10).default(0),
  SSO_DURABLE_STORE: storeAddress
    .refine(({ kind }) => kind !== 'memory', 'memory forgets: name a file, or servers that keep their data')
    .optional(),
  SSO_DURABLE_STORE_PASSWORD_FILE: file,
  SSO_DURABLE_STORE_SENTINEL_PASSWORD_FILE: file,
  SSO_DURABLE_STORE_CA_FILE: file,
  SSO_LISTEN: z.string().min(1).default('0.0.0.0'),
  SSO_HTTPS_PORT: port(8443),
  SSO_HTTP_PORT: port(0),
  SSO_ADMIN_PORT: port(9090),
  SSO_PUBLIC_PORT: port(443),
  SSO_TRUSTED_PROXIES: z.string().default(''),
  SSO_API_SERVER: z.url().optional(),
  SSO_API_CA_FILE: z.string().default(`${SERVICE_ACCOUNT}/ca.crt`),
  SSO_API_TOKEN_FILE: z.string().default(`${SERVICE_ACCOUNT}/token`),
  SSO_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  SSO_DRAIN_SECONDS: z.coerce.number().min(0).max(600).optional(),
  KUBERNETES_SERVICE_HOST: z.string().optional(),
  KUBERNETES_SERVICE_PORT: z.string().default('443'),
});

type Environment = z.infer<typeof environment>;

export interface Settings {
  source: { type: 'kubernetes' } | { type: 'folder'; directory: string };
  namespace: string;
  podName: string;
  podUid: string | undefined;
  stores: { volatile: StoreSettings; durable: StoreSettings | undefined };
  listen: string;
  httpsPort: number;
  /** 0: off. */
  httpPort: number;
  adminPort: number;
  publicPort: number;
  trustedProxies: string[];
  api: { server: string; caFile: string; tokenFile: string };
  logLevel: Environment['SSO_LOG_LEVEL'];
  /** Between "not ready" and the end of new connections: as long as a Service needs to notice. */
  drainSeconds: number;
}

export class SettingsInvalid extends Error {
  readonly code = 'SettingsInvalid';
}

/** Throws SettingsInvalid, which names each variable and never its value. */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    throw new SettingsInvalid(`not usable: ${[...new Set(parsed.error.issues.map(inWords))].join(', ')}`);
  }
  const all = parsed.data;
  const isFolder = all.SSO_SOURCE.startsWith('folder:');
  return {
    source: isFolder ? { type: 'folder', directory: all.SSO_SOURCE.slice('folder:'.length) } : { type: 'kubernetes' },
    namespace: all.SSO_NAMESPACE,
    podName: all.SSO_POD_NAME,
    podUid: all.SSO_POD_UID,
    stores: storesOf(all),
    listen: all.SSO_LISTEN,
    httpsPort: all.SSO_HTTPS_PORT,
    httpPort: all.SSO_HTTP_PORT,
    adminPort: all.SSO_ADMIN_PORT,
    publicPort: all.SSO_PUBLIC_PORT,
    trustedProxies: all.SSO_TRUSTED_PROXIES.split(',')
      .map(cidr => cidr.trim())
      .filter(cidr => cidr !== ''),
    api: { server: apiServer(all), caFile: all.SSO_API_CA_FILE, tokenFile: all.SSO_API_TOKEN_FILE },
    logLevel: all.SSO_LOG_LEVEL,
    drainSeconds: all.SSO_DRAIN_SECONDS ?? (isFolder || all.SSO_API_SERVER !== undefined ? 0 : 5),
  };
}

/** Our own words only: those of the library could repeat a value. */
function inWords({ path, code, message }: z.core.$ZodIssue): string {
  return code === 'custom' ? `${path.join('.')} (${message})` : path.join('.');
}

function storesOf(all: Environment): Settings['stores'] {
  const volatile = {
    address: all.SSO_STORE,
    passwordFile: all.SSO_STORE_PASSWORD_FILE,
    sentinelPasswordFile: all.SSO_STORE_SENTINEL_PASSWORD_FILE,
    caFile: all.SSO_STORE_CA_FILE,
    waitReplicas: all.SSO_STORE_WAIT_REPLICAS,
  };
  if (all.SSO_DURABLE_STORE === undefined) return { volatile, durable: undefined };
  const durable = {
    address: all.SSO_DURABLE_STORE,
    passwordFile: all.SSO_DURABLE_STORE_PASSWORD_FILE,
    sentinelPasswordFile: all.SSO_DURABLE_STORE_SENTINEL_PASSWORD_FILE,
    caFile: all.SSO_DURABLE_STORE_CA_FILE,
    waitReplicas: 0,
  };
  return { volatile, durable };
}

/** Empty in folder mode, where nobody asks. */
function apiServer(all: Environment): string {
  if (all.SSO_API_SERVER !== undefined) return all.SSO_API_SERVER;
  const host = all.KUBERNETES_SERVICE_HOST;
  if (host === undefined) {
    if (all.SSO_SOURCE !== 'kubernetes') return '';
    throw new SettingsInvalid('SSO_API_SERVER is needed outside a cluster');
  }
  return `https://${host.includes(':') ? `[${host}]` : host}:${all.KUBERNETES_SERVICE_PORT}`;
}
