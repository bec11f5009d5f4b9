import { z } from 'zod';

/** The only reader of the environment. docs/running.md says what each setting is for. */

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

const environment = z.object({
  SSO_SOURCE: z.union([z.literal('kubernetes'), z.string().regex(/^folder:.+/)]).default('kubernetes'),
  SSO_NAMESPACE: z.string().min(1).default('sso-idp'),
  SSO_POD_NAME: z.string().min(1).default('local'),
  SSO_POD_UID: z.string().min(1).optional(),
  SSO_STORE: z
    .string()
    .regex(/^(memory|memory:|sqlite:.+)$/)
    .default('memory'),
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
  /** As idp/storage takes it. */
  store: string;
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
    const wrong = parsed.error.issues.map(issue => issue.path.join('.'));
    throw new SettingsInvalid(`not usable: ${[...new Set(wrong)].join(', ')}`);
  }
  const all = parsed.data;
  const isFolder = all.SSO_SOURCE.startsWith('folder:');
  return {
    source: isFolder ? { type: 'folder', directory: all.SSO_SOURCE.slice('folder:'.length) } : { type: 'kubernetes' },
    namespace: all.SSO_NAMESPACE,
    podName: all.SSO_POD_NAME,
    podUid: all.SSO_POD_UID,
    store: all.SSO_STORE === 'memory' ? 'memory:' : all.SSO_STORE,
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
