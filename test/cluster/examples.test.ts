import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { CORE } from '#crds/wire/cluster.ts';
import type { Ingress } from '#operator/render/ingress.ts';
import { parseDomainClaims } from '#operator/rules/domain.ts';
import { parseIssuers } from '#operator/rules/issuer.ts';
import {
  type CertManager,
  ISSUER,
  installCertManagerCrds,
  NO_CERT_MANAGER,
  startCertManager,
} from '#test/support/cert-manager.ts';
import { ROOT, until } from '#test/support/program.ts';
import { type Bench, EVERYTHING, IDP, publishReplicas, startBench } from './operator-bench.ts';

/** crds/examples/ingress as it stands, with a CA for Let's Encrypt and the test for the ingress controller. */

let bench: Bench;
let certManager: CertManager;

before(async () => {
  if (NO_CERT_MANAGER) return;
  bench = await startBench();
  await installCertManagerCrds(bench.api);
  certManager = await startCertManager(bench.api);
  await bench.apply({
    apiVersion: 'cert-manager.io/v1',
    kind: 'ClusterIssuer',
    metadata: { name: 'letsencrypt' },
    spec: { ca: { secretName: ISSUER } },
  });
  await bench.apply({
    apiVersion: CORE.ingressClasses.apiVersion,
    kind: 'IngressClass',
    metadata: { name: 'haproxy' },
    spec: { controller: 'haproxy-ingress.github.io/controller' },
  });
  await publishReplicas(bench, { 'idp-0': EVERYTHING });
  const domainClaims = parseDomainClaims('acme.example=team-acme');
  await bench.start({ settings: { domainClaims, issuers: parseIssuers('ClusterIssuer/letsencrypt') } });
});
after(async () => {
  if (NO_CERT_MANAGER) return;
  await certManager[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
});

const example = (name: string, run: (t: TestContext) => Promise<void>): void =>
  void test(name, { skip: NO_CERT_MANAGER }, run);

example('the example behind an ingress becomes Ready: issued, published, live', async () => {
  const yaml = await readFile(join(ROOT, 'crds', 'examples', 'ingress', 'acme.yaml'), 'utf8');
  const { code, stderr } = await bench.api.kubectl(['apply', '-f', '-'], yaml);
  assert.equal(code, 0, stderr);
  const tenant = { kind: 'SsoTenant', namespace: 'team-acme', name: 'acme' } as const;
  await bench.condition(tenant, 'CertificateReady', { status: 'True' });
  const name = `sso-t-${(await bench.tenant('team-acme', 'acme'))?.metadata.uid}`;
  const ingress = await until('the Ingress', () => bench.admin.get<Ingress>(CORE.ingresses, name, IDP));
  assert.deepEqual(ingress.spec.tls, [{ hosts: ['login.acme.example'], secretName: `${name}-tls` }]);
  const status = JSON.stringify({ status: { loadBalancer: { ingress: [{ hostname: 'lb.acme.example' }] } } });
  const patch = ['patch', 'ingress', name, '-n', IDP, '--subresource=status', '--type=merge', '-p', status];
  assert.equal((await bench.api.kubectl(patch)).code, 0);
  await bench.ready(tenant);
  await bench.ready({ kind: 'OidcClient', namespace: 'team-acme', name: 'wiki' });
  assert.equal((await bench.tenant('team-acme', 'acme'))?.status?.domainStatus, 'Online');
});
