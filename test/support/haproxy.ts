import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGuard, startService } from './api-server-process.ts';
import type { TestCertificate } from './certificate.ts';
import { freePort } from './program.ts';

/**
 * HAProxy with the configuration that HAProxy Ingress writes for one Ingress: a crt-list whose lines carry the keys of
 * scope Host, `X-Forwarded-Proto` set on both frontends, `option forwardfor` towards the backend, and for every other name
 * a certificate of its own with far weaker terms.
 */

const PREFIX = 'haproxy-ingress.github.io/';

/** Debian keeps it where people without root do not look. */
const HAPROXY = ['haproxy', '/usr/sbin/haproxy'].find(path => spawnSync(path, ['-v']).status === 0);

/** For `skip` of node:test. */
export const NO_HAPROXY = HAPROXY === undefined && 'HAProxy is missing: apt-get install haproxy';

export interface Exposed {
  annotations: Record<string, string>;
  host: string;
  certificate: TestCertificate;
  /** For names that no Ingress has. */
  fallback: TestCertificate;
  /** Of the IdP, plain HTTP. */
  backendPort: number;
}

export interface HaProxy extends AsyncDisposable {
  httpPort: number;
  httpsPort: number;
}

/** `ports`: of the two frontends. Listening when this resolves. */
export async function startHaProxy(exposed: Exposed, ports: { http?: number; https?: number } = {}): Promise<HaProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'sso-haproxy-'));
  const { http = await freePort(), https = await freePort() } = ports;
  const pem = ({ cert, key }: TestCertificate): string => `${cert}\n${key}`;
  await writeFile(join(folder, 'host.pem'), pem(exposed.certificate), { mode: 0o600 });
  await writeFile(join(folder, 'fallback.pem'), pem(exposed.fallback), { mode: 0o600 });
  await writeFile(join(folder, 'crt-list'), crtList(folder, exposed));
  await writeFile(join(folder, 'haproxy.cfg'), configuration(folder, { http, https, backend: exposed.backendPort }));
  const guard = startGuard(folder);
  // Without -D it stays in the foreground; -db keeps it from writing a PID file.
  const service = startService(guard, HAPROXY ?? '', ['-db', '-f', join(folder, 'haproxy.cfg')], join(folder, 'log'));
  await new Promise((resolve, reject) => {
    service.child.once('exit', () => reject(new Error(`HAProxy ended: ${service.tail()}`)));
    const waiting = setInterval(() => {
      if (spawnSync('bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${https}`]).status !== 0) return;
      clearInterval(waiting);
      resolve(undefined);
    }, 50);
  });
  return {
    httpPort: http,
    httpsPort: https,
    async [Symbol.asyncDispose]() {
      await service.kill();
      guard.dismiss();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function crtList(folder: string, { annotations, host }: Exposed): string {
  const key = (name: string): string => annotations[`${PREFIX}${name}`] ?? '';
  const options = `ciphers ${key('ssl-ciphers')} ciphersuites ${key('ssl-cipher-suites')} ${key('ssl-options-host')}`;
  const weak = 'ciphers ALL:@SECLEVEL=0 ssl-min-ver TLSv1.0';
  return [`${folder}/fallback.pem [ ${weak} ] !*`, `${folder}/host.pem [ ${options} ] ${host}`, ''].join('\n');
}

interface Ports {
  http: number;
  https: number;
  backend: number;
}

function configuration(folder: string, { http, https, backend }: Ports): string {
  return `global
  ssl-default-bind-options ssl-min-ver TLSv1.0 no-tls-tickets
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend _front_http
  bind 127.0.0.1:${http}
  http-request set-header X-Forwarded-Proto http
  default_backend idp
frontend _front_https
  bind 127.0.0.1:${https} ssl alpn h2,http/1.1 crt-list ${folder}/crt-list ca-ignore-err all crt-ignore-err all
  http-request set-header X-Forwarded-Proto https
  default_backend idp
backend idp
  option forwardfor
  server idp 127.0.0.1:${backend}
`;
}
