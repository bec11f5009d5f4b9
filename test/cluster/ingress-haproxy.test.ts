import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { Secret } from '#crds/schema/kinds.ts';
import { suitesOf } from '#crds/shared/pure/cipher-suites.ts';
import type { Ingress } from '#operator/render/ingress.ts';
import { clientHello, sayHello, shakeHands } from '#test/idp/tls/handshake.ts';
import { deviations, TLS12, TLS13 } from '#test/idp/tls/matrix.ts';
import { diagnose } from '#test/operator/cli/doctor/bench.ts';
import { makeCertificate } from '#test/support/certificate.ts';
import { type HaProxy, NO_HAPROXY, startHaProxy } from '#test/support/haproxy.ts';
import { type House, startHouse } from '#test/support/house.ts';
import { NAMESPACES } from '#test/support/installation.ts';
import { createPerson } from '#test/support/person.ts';
import { freePort, until } from '#test/support/program.ts';
import { applyQuickstart } from '#test/support/quickstart.ts';
import { signInToWiki } from '#test/support/wiki.ts';

/** A tenant behind a real HAProxy, which is told what the annotations of the Ingress tell HAProxy Ingress. */

let house: House;
let proxy: HaProxy;
let ca: string;

before(async () => {
  if (NO_HAPROXY) return;
  const [http, https, backendPort] = [await freePort(), await freePort(), await freePort()];
  house = await startHouse({
    publicPort: https,
    idp: { SSO_HTTP_PORT: String(backendPort), SSO_TRUSTED_PROXIES: '127.0.0.1/32' },
  });
  await house.apply(
    'apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: haproxy}\nspec: {controller: haproxy-ingress.github.io/controller}',
  );
  await applyQuickstart(house, 8444);
  const patch = JSON.stringify({ spec: { exposure: { pod: null, ingress: { className: 'haproxy' } } } });
  await house.kubectl('patch', 'ssotenant', 'acme', '-n', 'team-acme', '--type=merge', '-p', patch);
  const tenant = await house.get<{ metadata: { uid: string } }>('ssotenant', 'team-acme', 'acme');
  const name = `sso-t-${tenant.metadata.uid}`;
  const ingress = await until('the Ingress', () => house.get<Ingress>('ingress', NAMESPACES.idp, name));
  const secretName = ingress.spec.tls?.[0]?.secretName ?? '';
  const { data = {} } = await house.get<Secret>('secret', NAMESPACES.idp, secretName);
  const read = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();
  proxy = await startHaProxy(
    {
      annotations: ingress.metadata.annotations ?? {},
      host: 'acme.localhost',
      certificate: { cert: read('tls.crt'), key: read('tls.key') },
      fallback: await makeCertificate(['fallback.localhost']),
      backendPort,
    },
    { http, https },
  );
  const address = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: '127.0.0.1' }] } } });
  const path = ['patch', 'ingress', name, '-n', NAMESPACES.idp, '--subresource=status', '--type=merge'];
  await house.kubectl(...path, '-p', address);
  await house.ready('ssotenant', 'team-acme', 'acme');
  ca = await house.ca();
});
after(async () => {
  if (NO_HAPROXY) return;
  await proxy[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const behind = (name: string, run: (t: TestContext) => Promise<void>): void =>
  void test(name, { skip: NO_HAPROXY }, run);

behind('each of the seven suites alone is taken, and nothing else', async () => {
  for (const suite of TLS12) {
    const { suite: picked } = await shakeHands(proxy.httpsPort, { ciphers: suite, maxVersion: 'TLSv1.2' });
    assert.equal(picked, suitesOf('Strict', '1.2').find(one => one.openssl === suite)?.iana);
  }
  for (const suite of TLS13)
    assert.equal((await shakeHands(proxy.httpsPort, { ciphers: suite, minVersion: 'TLSv1.3' })).suite, suite);
  assert.deepEqual(await deviations(proxy.httpsPort), []);
  assert.deepEqual(await sayHello(proxy.httpsPort, clientHello(0x0303, [0xc02c])), { serverHello: 0x0303 });
});

behind('the server picks by its own order, but for a client that lists CHACHA20 first', async () => {
  const picks = async (list: readonly string[], version: 'TLSv1.2' | 'TLSv1.3'): Promise<string> =>
    (await shakeHands(proxy.httpsPort, { ciphers: list.join(':'), minVersion: version, maxVersion: version })).suite;
  for (let from = 0; from < TLS12.length; from += 1)
    assert.equal(await picks(TLS12.slice(from).reverse(), 'TLSv1.2'), suitesOf('Strict', '1.2')[from]?.iana);
  const [aes256 = '', aes128 = '', chacha = ''] = TLS13;
  assert.equal(await picks([aes128, chacha, aes256], 'TLSv1.3'), aes256);
  assert.equal(await picks([aes128, chacha], 'TLSv1.3'), aes128);
  assert.equal(await picks([chacha, aes128, aes256], 'TLSv1.3'), chacha);
});

behind('another name meets the weaker terms of the proxy itself: the matrix sees the difference', async () => {
  const weak = { servername: 'other.localhost', ciphers: 'ALL:@SECLEVEL=0', minVersion: 'TLSv1' } as const;
  const { version } = await shakeHands(proxy.httpsPort, { ...weak, maxVersion: 'TLSv1.1' });
  assert.equal(version, 'TLSv1.1');
  await assert.rejects(shakeHands(proxy.httpsPort, { ...weak, servername: 'acme.localhost', maxVersion: 'TLSv1.1' }));
});

behind('an older version is refused for its age (alert 70), not only for want of a suite', async () => {
  for (const version of [0x0301, 0x0302])
    assert.deepEqual(await sayHello(proxy.httpsPort, clientHello(version, [0xc009])), { alert: 70 });
});

behind('a person signs in through it, and an application verifies the ID token', async () => {
  assert.equal(await signInToWiki(house, ca), 'people:ada');
});

behind('plain HTTP is led to HTTPS when it is safe to repeat, and refused when it is not', async () => {
  const ask = (method: string, headers: Record<string, string> = {}): Promise<{ status: number; location: string }> =>
    new Promise((resolve, reject) => {
      const to = { host: '127.0.0.1', port: proxy.httpPort, path: '/auth?x=1', method };
      const asked = request({ ...to, headers: { host: 'acme.localhost', ...headers } }, answer => {
        answer.resume();
        resolve({ status: answer.statusCode ?? 0, location: answer.headers.location ?? '' });
      });
      asked.on('error', reject).end();
    });
  const told = { status: 308, location: `https://acme.localhost:${house.port}/auth?x=1` };
  assert.deepEqual(await ask('GET'), told);
  assert.deepEqual(await ask('GET', { 'x-forwarded-proto': 'https' }), told);
  assert.equal((await ask('POST')).location, '');
  assert.equal((await ask('POST')).status, 403);
});

behind('every cookie that comes through it is for HTTPS only', async () => {
  const query = new URLSearchParams({
    client_id: 'team-acme.wiki',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: 'https://demo.localhost:8444/callback',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  const url = `https://acme.localhost:${house.port}/auth?${query.toString()}`;
  // The first answer is a redirect that sets them.
  const { status, headers } = await createPerson({ ca, stopAt: ['https://'] }).open(url);
  const cookies = headers['set-cookie'] ?? [];
  assert.ok(cookies.length > 0, String(status));
  for (const cookie of cookies) assert.match(cookie, /; secure/i);
});

behind('sso doctor finds nothing but that the proxy talks to strangers', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'sso-doctor-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'ca.crt'), ca);
  const { exit, complaints, steps } = await diagnose('acme.localhost', {
    port: String(proxy.httpsPort),
    'http-port': String(proxy.httpPort),
    ca: join(folder, 'ca.crt'),
  });
  const about = 'TLS: A handshake for a name that nobody configured and for no name at all is answered.';
  assert.deepEqual([exit, complaints], [1, [about]]);
  const redirect = steps.find(({ title }) => title === 'HTTP')?.findings[0]?.message;
  assert.equal(redirect, `Plain HTTP is sent to https://acme.localhost:${proxy.httpsPort} (308).`);
});
