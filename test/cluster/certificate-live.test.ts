import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import {
  type CertManager,
  ISSUER,
  installCertManagerCrds,
  NO_CERT_MANAGER,
  startCertManager,
} from '#test/support/cert-manager.ts';
import { type House, startHouse } from '#test/support/house.ts';
import { NAMESPACES } from '#test/support/installation.ts';
import { until } from '#test/support/program.ts';
import { applyQuickstart } from '#test/support/quickstart.ts';
import { signInToWiki } from '#test/support/wiki.ts';

/** The IdP ends TLS with what cert-manager issues, and changes it while people come. Both programs are processes. */

let house: House;
let certManager: CertManager;

before(async () => {
  if (NO_CERT_MANAGER) return;
  house = await startHouse({ operator: { SSO_ISSUERS: `ClusterIssuer/${ISSUER}` } });
  await applyQuickstart(house, 8444);
  await house.ready('ssotenant', 'team-acme', 'acme');
  await installCertManagerCrds(house.api);
  certManager = await startCertManager(house.api);
});
after(async () => {
  if (NO_CERT_MANAGER) return;
  await certManager[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const live = (name: string, run: (t: TestContext) => Promise<void>): void =>
  void test(name, { skip: NO_CERT_MANAGER }, run);

/** The serial number of the certificate that a person is shown, checked against a CA. */
async function shown(ca: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: house.port, servername: 'acme.localhost', ca });
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().serialNumber;
  } finally {
    socket.destroy();
  }
}

live('a tenant that names an issuer is served with its certificate, and people sign in', async t => {
  const patch = { spec: { certificate: { issuerRef: { kind: 'ClusterIssuer', name: ISSUER } } } };
  const began = performance.now();
  await house.kubectl('patch', 'ssotenant', 'acme', '-n', 'team-acme', '--type=merge', '-p', JSON.stringify(patch));
  await until('the new certificate', () => shown(certManager.ca).catch(() => undefined));
  t.diagnostic(`${Math.round(performance.now() - began)} ms from kubectl to the first handshake with it`);
  await house.ready('ssotenant', 'team-acme', 'acme');
  assert.equal(await signInToWiki(house, certManager.ca), 'people:ada');
});

live('a renewal is shown to the next person without a restart, and nobody is turned away meanwhile', async t => {
  const tenant = await house.get<{ metadata: { uid: string } }>('ssotenant', 'team-acme', 'acme');
  const name = `sso-t-${tenant.metadata.uid}`;
  const old = await shown(certManager.ca);
  // What `cmctl renew` does.
  const condition = { type: 'Issuing', status: 'True', reason: 'ManuallyTriggered', message: 'test' };
  const certificate = await house.get<{ status: { conditions: object[] } }>('certificate', NAMESPACES.idp, name);
  const status = JSON.stringify({ status: { conditions: [...certificate.status.conditions, condition] } });
  const began = performance.now();
  const path = ['patch', 'certificate', name, '-n', NAMESPACES.idp, '--subresource=status', '--type=merge'];
  await house.kubectl(...path, '-p', status);
  const seen: string[] = [];
  const turnedAway: unknown[] = [];
  await until('another serial', async () => {
    const serial = await shown(certManager.ca).catch((failure: unknown) => void turnedAway.push(failure));
    if (serial !== undefined) seen.push(serial);
    return serial === undefined || serial === old ? undefined : true;
  });
  assert.deepEqual(turnedAway, []);
  t.diagnostic(
    `${Math.round(performance.now() - began)} ms from the trigger to the new serial, ${seen.length} handshakes`,
  );
  assert.equal(await signInToWiki(house, certManager.ca), 'people:ada');
});

live('while cert-manager and the operator are away and the Secret is lost, the last pair is shown', async () => {
  await certManager[Symbol.asyncDispose]();
  await house.operator.stop();
  const serial = await shown(certManager.ca);
  await house.kubectl('delete', 'secrets', '-n', NAMESPACES.idp, '-l', 'controller.cert-manager.io/fao=true');
  await sleep(500);
  assert.equal(await shown(certManager.ca), serial);
});
